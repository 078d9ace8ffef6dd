//! The signature base: what is signed, byte for byte (RFC 9421 §2.5).

use super::request::{RequestError, RequestView};
use alloc::string::String;

/// The signature base of `request` for these components, in this order.
///
/// Shape: `params` is the value of `@signature-params`, everything after `label=` in
/// `Signature-Input`, as the signer spelled it.
/// Errors: `RequestError` when a component is absent, unresolved or ambiguous.
pub fn signature_base<'c>(
    request: &RequestView<'_>,
    components: impl IntoIterator<Item = &'c str>,
    params: &str,
) -> Result<String, RequestError> {
    let mut base = String::with_capacity(512);
    for name in components {
        let value = request.component(name)?;
        for part in ["\"", name, "\": ", &value, "\n"] {
            base.push_str(part);
        }
    }
    base.push_str("\"@signature-params\": ");
    base.push_str(params);
    Ok(base)
}

#[cfg(test)]
mod tests {
    use super::super::structured::{self, Member};
    use super::*;
    use crate::PublicKey;

    /// RFC 9421 appendix B.2, the request all its examples sign.
    const REQUEST: RequestView<'static> = RequestView {
        method: "POST",
        authority: "example.com",
        path: "/foo",
        query: Some("param=Value&Pet=dog"),
        fields: &[
            ("date", b"Tue, 20 Apr 2021 02:07:55 GMT"),
            ("content-type", b"application/json"),
            ("content-length", b"18"),
        ],
    };

    /// RFC 9421 appendix B.1.4.
    const KEY: &str = "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs";

    #[test]
    fn the_ed25519_example_of_rfc_9421_verifies() {
        // Appendix B.2.6.
        let input = concat!(
            r#"sig-b26=("date" "@method" "@path" "@authority" "content-type" "content-length")"#,
            r#";created=1618884473;keyid="test-key-ed25519""#
        );
        let signature = concat!(
            "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9",
            "EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==:"
        );
        let member = Member::read(input).unwrap();
        let base = signature_base(&REQUEST, member.components, member.text).unwrap();
        let expected = concat!(
            "\"date\": Tue, 20 Apr 2021 02:07:55 GMT\n",
            "\"@method\": POST\n",
            "\"@path\": /foo\n",
            "\"@authority\": example.com\n",
            "\"content-type\": application/json\n",
            "\"content-length\": 18\n",
            "\"@signature-params\": (\"date\" \"@method\" \"@path\" \"@authority\" ",
            "\"content-type\" \"content-length\");created=1618884473;keyid=\"test-key-ed25519\""
        );
        assert_eq!(base, expected);
        let (label, bytes) = structured::read_signature(signature).unwrap();
        assert_eq!(label, member.label);
        let key: PublicKey = KEY.parse().unwrap();
        assert!(key.has_signed(base.as_bytes(), &bytes.try_into().unwrap()));
    }

    #[test]
    fn components_take_the_values_rfc_9421_gives_them() {
        // §2.2: examples of derived components.
        assert_eq!(REQUEST.component("@query").unwrap(), "?param=Value&Pet=dog");
        let no_query = RequestView { query: None, ..REQUEST };
        assert_eq!(no_query.component("@query").unwrap(), "?");
        let empty_query = RequestView { query: Some(""), ..REQUEST };
        assert_eq!(empty_query.component("@query").unwrap(), "?");
        let spaced: &[(&str, &[u8])] = &[("X-Name", b"  value  more\t")];
        let spaced = RequestView { fields: spaced, ..REQUEST };
        assert_eq!(spaced.component("x-name").unwrap(), "value  more");
    }

    #[test]
    fn a_component_nobody_resolves_is_refused() {
        for name in ["@target-uri", "@scheme", "@request-target", "@status", "@signature-params"] {
            let refused = signature_base(&REQUEST, [name], "()");
            assert_eq!(refused, Err(RequestError::Unresolved(name.into())));
        }
        let absent = signature_base(&REQUEST, ["digest"], "()");
        assert_eq!(absent, Err(RequestError::Absent("digest".into())));
    }
}
