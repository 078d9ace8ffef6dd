// The words for the codes that units and server use: closed lists; a code that is in none is shown.
import { m } from "./compiled/messages.js";

type Words = Record<string, () => string>;

const said = (words: Words, code: string): string => (Object.hasOwn(words, code) ? words[code]?.() : undefined) ?? m.code_unknown({ code });

const REFUSALS: Words = {
  disarmed: m.refusal_disarmed,
  first_minute: m.refusal_first_minute,
  lapsed: m.refusal_lapsed,
  continuous: m.refusal_continuous,
  duty_budget: m.refusal_duty_budget,
  emission_length: m.refusal_emission_length,
  rest: m.refusal_rest,
  no_target: m.refusal_no_target,
  stale_verdict: m.refusal_stale_verdict,
  outside_cone: m.refusal_outside_cone,
  above_horizontal: m.refusal_above_horizontal,
  servo_moving: m.refusal_servo_moving,
  servo_astray: m.refusal_servo_astray,
};

/** Why a unit does not do what it is told. */
const COMMAND_REFUSALS: Words = {
  other_unit: m.command_refusal_other_unit,
  replayed: m.command_refusal_replayed,
  clock_unsynchronised: m.command_refusal_clock,
  guard_busy: m.command_refusal_busy,
  no_deterrent: m.arm_reason_no_deterrent,
  no_lamp: m.command_refusal_no_lamp,
};

const CLOCKS: Words = {
  unsynchronised: m.clock_unsynchronised,
  coarse: m.clock_coarse,
  synchronised: m.clock_synchronised,
  held_over: m.clock_held_over,
};

const NO_CLIPS: Words = {
  disk_full: m.no_clip_disk_full,
  disk_failed: m.no_clip_disk_failed,
  no_frames: m.no_clip_no_frames,
  too_many: m.no_clip_too_many,
  cut_short: m.no_clip_cut_short,
  evicted: m.no_clip_evicted,
};

const CLIP_FLAWS: Words = {
  play_undecodable: m.clip_flaw_undecodable,
  play_size_changes: m.clip_flaw_size_changes,
  play_size: m.clip_flaw_size,
  not_made: m.clip_flaw_not_made,
  not_avi: m.clip_flaw_not_avi,
  avi_truncated: m.clip_flaw_truncated,
  avi_not_mjpeg: m.clip_flaw_not_avi,
  avi_empty: m.clip_flaw_empty,
  avi_broken_picture: m.clip_flaw_undecodable,
  avi_too_many_frames: m.clip_flaw_too_many,
};

const FAULTS: Words = {
  kill_switch: m.fault_kill_switch,
  clock_backwards: m.fault_clock_backwards,
  driver_stuck: m.fault_driver_stuck,
  body_lost: m.fault_body_lost,
  camera_failed: m.fault_camera_failed,
  supply_low: m.fault_supply_low,
  too_hot: m.fault_too_hot,
  servo_stuck: m.fault_servo_stuck,
  reading_unknown: m.fault_reading_unknown,
};

const ARM_REASONS: Words = {
  boot: m.arm_reason_boot,
  no_deterrent: m.arm_reason_no_deterrent,
  button: m.arm_reason_button,
  local: m.arm_reason_local,
  network: m.arm_reason_network,
  fault_cleared: m.arm_reason_fault_cleared,
  ...FAULTS,
};

const PROBLEMS: Words = {
  sign_in_refused: m.problem_sign_in_refused,
  session_reused: m.problem_session_reused,
  set_up_refused: m.problem_set_up_refused,
  set_up_over: m.problem_set_up_over,
  tenant_needed: m.sign_in_choose,
  id_taken: m.problem_id_taken,
  forbidden: m.problem_forbidden,
  not_found: m.problem_not_found,
  version_mismatch: m.problem_version_mismatch,
  foreign_origin: m.problem_foreign_origin,
  clip_lost: m.clip_lost,
  rate_limited: m.problem_rate_limited,
  overloaded: m.problem_overloaded,
  internal: m.problem_internal,
};

/** Why the line is kept off: by a rule, or since there is none. */
export const refusal = (code: string): string => said({ ...REFUSALS, ...FAULTS, no_deterrent: m.arm_reason_no_deterrent }, code);

/** Why a unit refused a command: its own reasons, or the rule that forbids it. */
export const commandRefusal = (code: string): string => said({ ...COMMAND_REFUSALS, ...REFUSALS, ...FAULTS }, code);

/** How good a unit's clock is. */
export const clock = (code: string): string => said(CLOCKS, code);

/** Why a unit kept no clip of a visit. */
export const noClip = (code: string): string => said(NO_CLIPS, code);

/** What is wrong with a clip. */
export const clipFlaw = (code: string): string => said(CLIP_FLAWS, code);

/** A fault of a unit. */
export const fault = (code: string): string => said(FAULTS, code);

/** How a unit's deterrent is, in a word. */
export const armWord = ({ is_armed, armed_reason }: { is_armed: boolean; armed_reason: string }): string =>
  is_armed ? m.deterrent_armed() : armed_reason === "no_deterrent" ? m.deterrent_none() : m.deterrent_disarmed();

/** Why a unit is armed or disarmed. */
export const armReason = (code: string): string => said(ARM_REASONS, code);

const FIELDS: Words = {
  name: m.problem_name,
  "latitude and longitude": m.problem_place,
  latitude: m.problem_latitude,
  longitude: m.problem_longitude,
  time_zone: m.problem_time_zone,
  site_id: m.problem_site,
};

/** Which field cannot be so, and what can: the server names it first. */
function invalid(detail: string): string {
  const field = /^[a-z_ ]+/.exec(detail)?.[0] ?? "";
  return Object.hasOwn(FIELDS, field) ? said(FIELDS, field) : m.problem_invalid_value();
}

/** Why a request gave nothing. */
export const failure = (why: { kind: string; code?: string; detail?: string | undefined; name?: string }): string => {
  if (why.kind === "unreachable") return m.problem_unreachable();
  if (why.kind === "sign_in_needed") return m.problem_sign_in_needed();
  if (why.kind === "device") return m.problem_device({ name: why.name ?? "" });
  const code = why.code ?? "";
  if (code === "invalid_value") return invalid(why.detail ?? "");
  return Object.hasOwn(PROBLEMS, code) ? said(PROBLEMS, code) : m.problem_other({ code });
};
