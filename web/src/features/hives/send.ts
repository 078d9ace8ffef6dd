import { api, ask, ifMatch, type Failure } from "../../api/request";
import { formOf, type Draft } from "../../sync/draft";

/** Names of the forms whose text this sends. */
export const SITE_FORM = "site";
const CHANGE_FORM = "change of ";
export const changeForm = (site_id: string): string => `${CHANGE_FORM}${site_id}`;
const HIVE_FORM = "hive of ";
export const hiveForm = (site_id: string): string => `${HIVE_FORM}${site_id}`;

const degrees = (text: string | undefined): number | undefined =>
  text === undefined || text.trim() === "" ? undefined : Number(text.replace(",", "."));

/** Makes the site or the hive that was typed, or changes the site; gives why not. The same again makes one: its id is in the text. */
export async function send(draft: Draft): Promise<Failure | undefined> {
  const [form, { values }] = [formOf(draft), draft];
  const { id = "", name = "" } = values;
  if (form.startsWith(HIVE_FORM)) {
    const body = { id, site_id: form.slice(HIVE_FORM.length), name: name.trim() };
    const answer = await ask(api.POST("/api/v1/hives", { body }));
    return answer.ok ? undefined : answer.why;
  }
  const [latitude, longitude] = [degrees(values["latitude"]), degrees(values["longitude"])];
  const place = latitude === undefined || longitude === undefined ? {} : { latitude, longitude };
  const said = { name: name.trim(), time_zone: values["time_zone"] ?? "UTC", ...place };
  if (form.startsWith(CHANGE_FORM)) {
    const params = { path: { id }, header: ifMatch({ version: Number(values["version"]) }) };
    const changed = await ask(api.PATCH("/api/v1/sites/{id}", { params, body: said }));
    return changed.ok ? undefined : changed.why;
  }
  const body = { id, ...said };
  const answer = await ask(api.POST("/api/v1/sites", { body }));
  return answer.ok ? undefined : answer.why;
}
