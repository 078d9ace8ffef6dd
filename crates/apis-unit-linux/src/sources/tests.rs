//! Sources over real pipes and child processes.

use super::*;

const WAIT: Duration = Duration::from_secs(20);

fn settings(spec: &str) -> SourceSettings {
    SourceSettings {
        spec: spec.parse().unwrap(),
        size: None,
        rate: None,
        speed: Speed::Real,
        stall: Duration::from_secs(10),
        restart: true,
    }
}

fn source(settings: SourceSettings) -> Source {
    Source::new(settings, Clock::start(Duration::ZERO))
}

/// The next thing that is not `Nothing`.
fn happens(source: &mut Source) -> Arrival {
    let end = monotonic_micros() + u64::try_from(WAIT.as_micros()).unwrap();
    while monotonic_micros() < end {
        let arrival = source.next(Duration::from_millis(100));
        if !matches!(arrival, Arrival::Nothing) {
            return arrival;
        }
    }
    panic!("nothing happened within {WAIT:?}");
}

/// The next thing, which is a picture.
fn pictured(source: &mut Source) -> Picture {
    let arrival = happens(source);
    let Arrival::Picture(picture) = arrival else { panic!("no picture but {arrival:?}") };
    picture
}

fn code(arrival: Arrival) -> &'static str {
    match arrival {
        Arrival::Fault(fault) => fault.code(),
        Arrival::Picture(_) => "picture",
        Arrival::Nothing => "nothing",
        Arrival::Over => "over",
    }
}

/// A shell command that writes one grey frame of `size` in Y4M.
fn one_frame(size: &str) -> String {
    let size: Size = size.parse().unwrap();
    let (width, height, bytes) = (size.width, size.height, size.bytes());
    format!(
        "printf 'YUV4MPEG2 W{width} H{height} F10:1 C420\\nFRAME\\n'; head -c {bytes} /dev/zero"
    )
}

#[test]
fn a_program_that_ends_is_started_again_and_time_goes_on() {
    let mut source = source(settings(&format!("exec:{}", one_frame("32x32"))));
    let mut last = Uptime::ZERO;
    for _ in 0..2 {
        let picture = pictured(&mut source);
        assert!(last < picture.captured);
        last = picture.captured;
        assert_eq!(code(happens(&mut source)), "source_ended");
    }
}

#[test]
fn a_program_that_may_not_restart_is_over_when_it_ends() {
    let mut settings = settings(&format!("exec:{}", one_frame("32x32")));
    settings.restart = false;
    let mut source = source(settings);
    assert_eq!(code(happens(&mut source)), "picture");
    assert_eq!(code(happens(&mut source)), "source_ended");
    assert_eq!(code(happens(&mut source)), "over");
}

#[test]
fn a_program_that_stalls_is_ended_and_started_again() {
    let mut settings = settings(&format!("exec:{}; sleep 1000", one_frame("32x32")));
    settings.stall = Duration::from_millis(200);
    let mut source = source(settings);
    assert_eq!(code(happens(&mut source)), "picture");
    assert_eq!(code(happens(&mut source)), "source_stalled");
    assert_eq!(code(happens(&mut source)), "picture");
}

#[test]
fn a_stream_that_comes_back_with_another_size_says_so_before_its_frames() {
    let folder = tempfile::tempdir().unwrap();
    let marker = folder.path().join("second");
    let (marker, first, second) = (marker.display(), one_frame("32x32"), one_frame("64x48"));
    let mut source = source(settings(&format!(
        "exec:if [ -e {marker} ]; then {second}; else touch {marker}; {first}; fi"
    )));
    assert_eq!(code(happens(&mut source)), "picture");
    assert_eq!(code(happens(&mut source)), "source_ended");
    let arrival = happens(&mut source);
    let Arrival::Fault(fault) = arrival else { panic!("no fault but {arrival:?}") };
    let (from, to) = ("32x32".parse().unwrap(), "64x48".parse().unwrap());
    assert_eq!(fault, SourceFault::Resized { from, to });
    assert_eq!(pictured(&mut source).size, to);
}

#[test]
fn garbage_and_missing_files_have_codes_of_their_own() {
    assert_eq!(code(happens(&mut source(settings("exec:echo hello")))), "source_garbage");
    assert_eq!(code(happens(&mut source(settings("video:/no/such/film.mp4")))), "source_failed");
    assert_eq!(code(happens(&mut source(settings("pipe:/no/such/fifo")))), "source_failed");
    assert_eq!(code(happens(&mut source(settings("pipe:/dev/null")))), "source_failed");
    let cut = "exec:printf 'YUV4MPEG2 W3'";
    assert_eq!(code(happens(&mut source(settings(cut)))), "source_garbage");
    let cut = format!("exec:({}) | head -c 100", one_frame("32x32"));
    assert_eq!(code(happens(&mut source(settings(&cut)))), "source_truncated");
}

#[test]
fn a_stated_capture_time_counts_unless_it_is_in_the_future() {
    let clock = Clock::start(Duration::ZERO);
    let before = monotonic_micros();
    let bytes = "head -c 1536 /dev/zero";
    let command = format!(
        "exec:printf 'YUV4MPEG2 W32 H32\\nFRAME XT={before}\\n'; {bytes}; \
         printf 'FRAME XT=99999999999999\\n'; {bytes}"
    );
    let mut source = Source::new(settings(&command), clock.clone());
    assert_eq!(pictured(&mut source).captured, clock.at_monotonic(before));
    assert!(pictured(&mut source).captured <= clock.now());
}

#[test]
fn a_film_at_full_speed_has_the_films_own_time() {
    let folder = tempfile::tempdir().unwrap();
    let film = folder.path().join("film.avi");
    let made = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-f", "lavfi", "-i"])
        .args(["testsrc=size=1280x720:rate=20:duration=1", "-c:v", "mjpeg"])
        .arg(&film)
        .status()
        .expect("the ffmpeg program is needed by this test: apt-get install ffmpeg");
    assert!(made.success());
    let mut settings = settings(&format!("video:{}", film.display()));
    settings.speed = Speed::Full;
    let mut source = Source::new(settings, Clock::replay());
    let mut captured = Vec::new();
    let end = loop {
        let arrival = happens(&mut source);
        let Arrival::Picture(picture) = arrival else { break arrival };
        assert_eq!(picture.size.to_string(), "640x360");
        captured.push(picture.captured.millis());
    };
    assert_eq!(code(end), "source_ended");
    let expected: Vec<u64> = (0..20).map(|frame| frame * 50).collect();
    assert_eq!(captured, expected);
}
