//! Every edge of the diagram in `interlock.rs`, walked once, and the rules at its corners.

use super::timeline::check;

#[test]
fn arming_leads_from_disarmed_to_armed() {
    check("edge", "0 | | Disarmed disarmed\n20 | arm | Armed first_minute\n40 | | Armed");
}

#[test]
fn a_target_without_a_bar_leads_from_armed_to_emitting() {
    check("edge", "60000 | arm | Armed no_target\n60020 | target | Emitting");
}

#[test]
fn a_bar_leads_from_emitting_to_resting_and_the_rest_back_to_armed() {
    check(
        "edge",
        "60000        | arm target | Armed disarmed
         60020        | target     | Emitting
         60040        |            | Resting no_target
         60060..62060 | target     | Resting rest
         62080        | target     | Armed rest
         62100        | target     | Emitting",
    );
}

#[test]
fn disarming_leads_to_disarmed_from_every_state_without_a_fault() {
    check(
        "edge",
        "60000 | arm           | Armed
         60020 | disarm        | Disarmed disarmed
         60040 | arm           | Armed
         60060 | target        | Emitting
         60080 | target disarm | Disarmed
         62200 | arm           | Armed
         62220 | target        | Emitting
         62240 |               | Resting
         62260 | disarm        | Disarmed
         62280 | disarm        | Disarmed",
    );
}

#[test]
fn a_fault_leads_to_faulted_from_every_other_state() {
    check(
        "edge",
        "60000        | kill        | Faulted kill_switch
         60020        | reset       | Disarmed
         60040        | arm         | Armed
         60060        | kill        | Faulted kill_switch
         60080        | reset       | Disarmed
         60100        | arm         | Armed
         60120        | target      | Emitting
         60140        | target kill | Faulted kill_switch
         60160        | reset       | Disarmed
         62200        | arm         | Armed
         62220        | target      | Emitting
         62240        |             | Resting
         62260        | kill        | Faulted kill_switch",
    );
}

#[test]
fn a_reset_needs_a_person_and_every_input_clear() {
    check(
        "edge",
        "60000 | kill                 | Faulted kill_switch
         60020 | kill reset           | Faulted kill_switch
         60040 |                      | Faulted kill_switch
         60060 | arm                  | Faulted kill_switch
         60080 | disarm               | Faulted kill_switch
         60100 | reset camera_failed  | Faulted kill_switch
         60120 | reset supply_unknown | Faulted kill_switch
         60140 | reset                | Disarmed
         60160 | target               | Disarmed disarmed",
    );
}

#[test]
fn kill_switch_latches_until_reset() {
    check(
        "edge",
        "60000 | arm         | Armed
         60020 | target      | Emitting
         60040 | target kill | Faulted kill_switch
         60060 | target      | Faulted kill_switch
         60080 | reset       | Disarmed
         60100 | target      | Disarmed",
    );
}

#[test]
fn the_first_cause_is_the_one_that_is_kept() {
    check(
        "edge",
        "60000 | arm                | Armed
         60020 | camera_failed      | Faulted camera_failed
         60040 | camera_failed kill | Faulted camera_failed
         60060 | kill               | Faulted camera_failed",
    );
}

#[test]
fn of_several_causes_at_once_the_first_in_authority_is_named() {
    check(
        "edge",
        "60000 | arm                                  | Armed
         60020 | camera_failed supply_mv=100 body_lost | Faulted body_lost",
    );
}

#[test]
fn an_unarmed_unit_may_wait_for_its_first_readings_and_an_arming_may_not() {
    check(
        "edge",
        "0  | camera_unknown supply_unknown body_unknown kill_unknown servo_unknown | Disarmed
         20 | arm camera_unknown  | Faulted reading_unknown
         40 | reset               | Disarmed
         60 | arm                 | Armed",
    );
}

#[test]
fn an_armed_unit_faults_when_a_reading_is_lost() {
    for word in
        ["camera_unknown", "supply_unknown", "body_unknown", "kill_unknown", "servo_unknown"]
    {
        let text = std::format!("0 | arm | Armed\n20 | {word} | Faulted reading_unknown");
        check(word, &text);
    }
}
