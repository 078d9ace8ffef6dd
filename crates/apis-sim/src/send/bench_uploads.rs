//! `apis-sim bench-uploads`: how fast clips come in, against a plain `PUT` to the same disk.
//!
//! The plain one is the least a server could do: HTTP over loopback without TLS, the body written to
//! a file as it comes and synced before the answer. Both send the same bytes, one whole after the
//! other, over one connection.

use super::bench::{Bench, ServerArgs};
use super::load::Unit;
use super::outgoing::random_bytes;
use anyhow::{Context, Result, bail};
use apis_protocol::upload::{
    OFFSET_OCTET_STREAM, PATCH_BYTES_MAX, TUS_RESUMABLE, TUS_VERSION, UPLOAD_LENGTH,
    UPLOAD_METADATA, UPLOAD_OFFSET, UploadKind, UploadMetadata,
};
use apis_protocol::{Sha256Digest, VisitId, route};
use serde_json::json;
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

/// Uploads clips to a server and `PUT`s them to a plain one; prints one JSON line.
#[derive(Debug, clap::Args)]
pub struct BenchUploadsArgs {
    #[command(flatten)]
    server: ServerArgs,
    /// Clips to send.
    #[arg(long, default_value_t = 16)]
    clips: usize,
    /// Bytes of one clip.
    #[arg(long, default_value_t = 8 * 1024 * 1024)]
    clip_bytes: usize,
}

/// Runs the bench.
pub fn run(args: &BenchUploadsArgs) -> Result<()> {
    let bench = Bench::new(&args.server)?;
    let _server = bench.start()?;
    let claims = bench.make_claims(1)?;
    let claim = claims.lines().next().context("no claim was made")?;
    let unit = Unit::enrol(&claim.parse()?)?;

    let clips: Vec<Vec<u8>> = (0..args.clips)
        .map(|_| {
            // Not an AVI, so each is rejected at its end, having been hashed, placed and looked at.
            let mut bytes = vec![0x5a; args.clip_bytes];
            bytes.splice(..32, random_bytes::<32>()?);
            Ok(bytes)
        })
        .collect::<Result<_>>()?;
    let tus = upload_all(&unit, &clips)?;
    let plain = put_all(bench.folder(), &clips)?;
    let megabytes = (args.clips * args.clip_bytes) as f64 / 1e6;
    let rate = |span: Duration| (megabytes / span.as_secs_f64()).round();
    println!(
        "{}",
        json!({
            "clips": args.clips,
            "clip_bytes": args.clip_bytes,
            "upload_mb_per_second": rate(tus),
            "plain_put_mb_per_second": rate(plain),
            "ratio": plain.as_secs_f64() / tus.as_secs_f64(),
        })
    );
    Ok(())
}

fn upload_all(unit: &Unit, clips: &[Vec<u8>]) -> Result<Duration> {
    let mut link = unit.link()?;
    let begun = Instant::now();
    for clip in clips {
        let metadata = UploadMetadata {
            visit_id: VisitId::from_bytes(random_bytes()?),
            kind: UploadKind::Clip,
            sha256: Sha256Digest::of(clip),
        };
        let length = clip.len().to_string();
        let metadata = metadata.to_field();
        let fields = [(UPLOAD_LENGTH, length.as_str()), (UPLOAD_METADATA, metadata.as_str())];
        let created = link.call(&request(unit, "POST", route::UPLOADS, &fields, &[])?)?;
        let location = created.field("location").context("the upload was not created")?.to_owned();
        let mut offset = 0_usize;
        for piece in clip.chunks(usize::try_from(PATCH_BYTES_MAX)?) {
            let at = offset.to_string();
            let fields = [("content-type", OFFSET_OCTET_STREAM), (UPLOAD_OFFSET, at.as_str())];
            let answer = link.call(&request(unit, "PATCH", &location, &fields, piece)?)?;
            if answer.status != 204 {
                bail!("a PATCH answered {}", answer.status);
            }
            offset += piece.len();
        }
    }
    Ok(begun.elapsed())
}

fn request(
    unit: &Unit,
    method: &str,
    target: &str,
    fields: &[(&str, &str)],
    body: &[u8],
) -> Result<super::outgoing::Outgoing> {
    let tus = [(TUS_RESUMABLE, TUS_VERSION)];
    let fields = tus.iter().chain(fields);
    let fields = fields.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    unit.signed(method, target, fields, body.to_vec())
}

fn put_all(folder: &Path, clips: &[Vec<u8>]) -> Result<Duration> {
    let listener = TcpListener::bind("127.0.0.1:0").context("open a plain server")?;
    let address = listener.local_addr()?;
    std::thread::scope(|scope| {
        let server = scope.spawn(|| take_puts(&listener, folder));
        let mut stream = TcpStream::connect(address)?;
        let mut answers = BufReader::new(stream.try_clone()?);
        let begun = Instant::now();
        for (number, clip) in clips.iter().enumerate() {
            let head = format!("PUT /{number} HTTP/1.1\r\ncontent-length: {}\r\n\r\n", clip.len());
            stream.write_all(head.as_bytes())?;
            stream.write_all(clip)?;
            let mut line = String::new();
            while answers.read_line(&mut line)? > 2 {
                line.clear();
            }
        }
        let span = begun.elapsed();
        drop((stream, answers));
        server.join().map_err(|_| anyhow::anyhow!("the plain server died"))??;
        Ok(span)
    })
}

fn take_puts(listener: &TcpListener, folder: &Path) -> Result<()> {
    let (stream, _) = listener.accept()?;
    let mut answers = stream.try_clone()?;
    let mut requests = BufReader::with_capacity(256 * 1024, stream);
    for number in 0.. {
        let mut head = String::new();
        loop {
            let before = head.len();
            if requests.read_line(&mut head)? == 0 {
                return Ok(());
            }
            if &head[before..] == "\r\n" {
                break;
            }
        }
        let (_, length) = head.split_once("content-length: ").context("no length")?;
        let length = length.lines().next().unwrap_or_default().parse()?;
        let mut file = File::create(folder.join(format!("put-{number}")))?;
        std::io::copy(&mut requests.by_ref().take(length), &mut file)?;
        file.sync_all()?;
        answers.write_all(b"HTTP/1.1 204 No Content\r\n\r\n")?;
    }
    Ok(())
}
