// A record that a person edits while others may change it too: whose each field is.

export type Fields = Record<string, string>;

/** What somebody else made of a field meanwhile. */
export interface Meanwhile {
  was: string;
  now: string;
  /** The person typed something else there: both cannot be. */
  is_conflict: boolean;
}

export interface Edit {
  /** What the person saw, of what was typed over; what it is, of the rest. */
  base: Fields;
  mine: Fields;
  /** By field, for as long as the edit goes on. */
  meanwhile: Record<string, Meanwhile>;
}

/** Begins to edit a record that is so. */
export const beginEdit = (record: Fields): Edit => ({ base: { ...record }, mine: { ...record }, meanwhile: {} });

/** The edit on the record as it is `now`: a field that was not typed over follows it, one that was stays as typed;
 * and what somebody else changed is told. */
export function editOnto(edit: Edit, now: Fields): Edit {
  const next: Edit = { base: { ...edit.base }, mine: { ...edit.mine }, meanwhile: {} };
  for (const [field, is] of Object.entries(now)) {
    const [was, typed, told] = [edit.base[field], edit.mine[field], edit.meanwhile[field]];
    if (typed !== undefined && typed !== was && typed !== is && was !== is) {
      next.meanwhile[field] = { was: was ?? "", now: is, is_conflict: true };
      continue;
    }
    // What was a conflict is none any more: they agree, or the other took it back.
    if (told && !told.is_conflict) next.meanwhile[field] = told;
    if (was === is) continue;
    if (was !== undefined && typed === was) next.meanwhile[field] = { was: told?.was ?? was, now: is, is_conflict: false };
    next.base[field] = is;
    next.mine[field] = is;
  }
  return next;
}

/** The edit with the other's word for a field. */
export function takeTheirs({ base, mine, meanwhile }: Edit, field: string): Edit {
  const { [field]: theirs, ...rest } = meanwhile;
  if (!theirs) return { base, mine, meanwhile };
  return { base: { ...base, [field]: theirs.now }, mine: { ...mine, [field]: theirs.now }, meanwhile: rest };
}

/** The fields that the person changed: they are sent, and no others. */
export function changedFields({ base, mine }: Pick<Edit, "base" | "mine">): Fields {
  return Object.fromEntries(Object.entries(mine).filter(([field, value]) => value !== base[field]));
}
