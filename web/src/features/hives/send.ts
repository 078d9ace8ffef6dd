import { api, ask, ifMatch, type Failure, type Schemas } from "../../api/request";
import type { Site } from "../../sync/database";
import { formOf, type Draft } from "../../sync/draft";
import { changedFields, type Fields } from "../../sync/edit";
import { CHANGE_FORM, HIVE_FORM } from "./forms";

const text = (degrees: number | null | undefined): string => (degrees == null ? "" : String(degrees));

/** What a person may change of a site, as it is typed. */
export const fieldsOf = ({ name, time_zone, latitude, longitude }: Site): Fields => ({
  name,
  time_zone,
  latitude: text(latitude),
  longitude: text(longitude),
});

/** Degrees that were typed; `null` for none. */
function degrees(typed: string | undefined): number | null {
  const plain = (typed ?? "").trim().replace(",", ".").replace("\u2212", "-");
  return plain === "" ? null : Number(plain);
}

/** Both coordinates; or which of them is no number: that is never sent, for it would be sent as none. */
function placeOf(values: Fields): { latitude: number | null; longitude: number | null } | Failure {
  const place = { latitude: degrees(values["latitude"]), longitude: degrees(values["longitude"]) };
  for (const [field, value] of Object.entries(place))
    if (Number.isNaN(value)) return { kind: "refused", code: "invalid_value", detail: `${field}: not a number` };
  return place;
}

/** What is asked for a site that was changed: what was typed over, and nothing else. A place is one, of two fields. */
export function changeOf({ values, before = {} }: Pick<Draft, "values" | "before">): Schemas["ChangeSite"] | Failure {
  const { name, time_zone, latitude, longitude } = changedFields({ base: before, mine: values });
  const place: Schemas["ChangeSite"] | Failure = latitude === undefined && longitude === undefined ? {} : placeOf(values);
  if ("kind" in place) return place;
  return { ...(name === undefined ? {} : { name: name.trim() }), ...(time_zone === undefined ? {} : { time_zone }), ...place };
}

/** Makes the site or the hive that was typed, or changes the site; gives why not. The same again makes one: its id is in the text. */
export async function send(draft: Draft): Promise<Failure | undefined> {
  const [form, { values }] = [formOf(draft), draft];
  const { id = "", name = "" } = values;
  if (form.startsWith(HIVE_FORM)) {
    const body = { id, site_id: form.slice(HIVE_FORM.length), name: name.trim() };
    const answer = await ask(api.POST("/api/v1/hives", { body }));
    return answer.ok ? undefined : answer.why;
  }
  if (form.startsWith(CHANGE_FORM)) {
    const body = changeOf(draft);
    if ("kind" in body) return body;
    const params = { path: { id }, header: ifMatch({ version: Number(values["version"]) }) };
    const changed = await ask(api.PATCH("/api/v1/sites/{id}", { params, body }));
    return changed.ok ? undefined : changed.why;
  }
  const place = placeOf(values);
  if ("kind" in place) return place;
  const body = { id, name: name.trim(), time_zone: values["time_zone"] ?? "UTC", ...place };
  const answer = await ask(api.POST("/api/v1/sites", { body }));
  return answer.ok ? undefined : answer.why;
}
