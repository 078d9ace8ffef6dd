/** Names of the forms whose text is kept until the server has it. */
export const SITE_FORM = "site";
export const CHANGE_FORM = "change of ";
export const changeForm = (site_id: string): string => `${CHANGE_FORM}${site_id}`;
export const HIVE_FORM = "hive of ";
export const hiveForm = (site_id: string): string => `${HIVE_FORM}${site_id}`;
