//! Which format a scraper gets.

use super::escaping::Escaping;
use super::format::{Format, MediaRange, OPENMETRICS, PROTOBUF, Syntax, TEXT, is_at_least};

/// The format for an Accept header: `prometheus_client`'s choice, or protobuf.
///
/// Of text and OpenMetrics the first that is understood wins, whatever its quality, as in
/// `prometheus_client`. Protobuf, which that does not have, wins where it is wanted more than any of
/// them: Prometheus asks so for native histograms.
///
/// ```
/// use mephisto_metrics::encoding::negotiate;
///
/// let format = negotiate("application/openmetrics-text;version=1.0.0;q=0.8,text/plain;q=0.5");
/// assert_eq!(
///     format.content_type(),
///     "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"
/// );
/// ```
pub fn negotiate(accept: &str) -> Format {
    let offers: Vec<MediaRange<'_>> = accept.split(',').map(MediaRange::parse).collect();
    protobuf(&offers).or_else(|| offers.iter().find_map(text_format)).unwrap_or(Format::TEXT)
}

fn protobuf(offers: &[MediaRange<'_>]) -> Option<Format> {
    let mut wanted = None;
    let mut best_text = 0.0_f64;
    for offer in offers {
        match offer.mime {
            PROTOBUF if is_metric_family(offer) && offer.quality() > best_text => {
                wanted = wanted.or(Some(offer));
            }
            TEXT | OPENMETRICS => {
                best_text = best_text.max(offer.quality());
                wanted = wanted.filter(|protobuf| protobuf.quality() >= best_text);
            }
            _ => {}
        }
    }
    let escaping = wanted?.parameter("escaping").map(Escaping::from_word);
    Some(Format { syntax: Syntax::Protobuf, escaping })
}

fn is_metric_family(offer: &MediaRange<'_>) -> bool {
    offer.parameter("proto") == Some("io.prometheus.client.MetricFamily")
        && offer.parameter("encoding") == Some("delimited")
}

fn text_format(offer: &MediaRange<'_>) -> Option<Format> {
    let version = offer.parameter("version").unwrap_or_default();
    let escaping = Some(offer.parameter("escaping").map(Escaping::from_word).unwrap_or_default());
    let is_modern = is_at_least(version, [1, 0, 0]);
    match offer.mime {
        OPENMETRICS if version.is_empty() => {
            let syntax = Syntax::OpenMetrics { version: "1.0.0".to_owned() };
            Some(Format { syntax, escaping: None })
        }
        OPENMETRICS if is_modern => {
            let syntax = Syntax::OpenMetrics { version: version.to_owned() };
            Some(Format { syntax, escaping })
        }
        TEXT if is_modern => Some(Format { syntax: Syntax::TextWithEscaping, escaping }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELIMITED: &str = "application/vnd.google.protobuf;\
                             proto=io.prometheus.client.MetricFamily;encoding=delimited";

    fn chosen(accept: &str) -> String {
        negotiate(accept).content_type()
    }

    /// The right-hand sides are those of `prometheus_client` 0.26's `choose_encoder`.
    #[test]
    fn text_is_chosen_as_prometheus_client_chooses() {
        let plain = "text/plain; version=0.0.4; charset=utf-8";
        let open = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        let table = [
            ("", plain.to_owned()),
            ("*/*", plain.to_owned()),
            ("text/plain;version=0.0.4;escaping=dots", plain.to_owned()),
            (
                "text/plain;version=1.0.0",
                plain.replace("0.0.4", "1.0.0") + "; escaping=underscores",
            ),
            (
                "text/plain; version=1.1.0; escaping=x",
                plain.replace("0.0.4", "1.0.0") + "; escaping=underscores",
            ),
            ("application/openmetrics-text", open.to_owned()),
            ("application/openmetrics-text; version=0.0.1,text/plain", plain.to_owned()),
            (
                "text/plain;version=0.0.4;q=0.5,application/openmetrics-text;version=1.0.0;escaping=values",
                format!("{open}; escaping=values"),
            ),
            (
                "application/openmetrics-text; version=2.0.0; escaping=allow-utf-8",
                open.replace("1.0.0", "2.0.0") + "; escaping=allow-utf-8",
            ),
        ];
        for (accept, expected) in table {
            assert_eq!(chosen(accept), expected, "{accept}");
        }
    }

    #[test]
    fn protobuf_is_chosen_only_where_it_is_wanted_most() {
        let with_feature = format!("{DELIMITED},application/openmetrics-text;version=1.0.0;q=0.8");
        assert_eq!(negotiate(&with_feature).syntax, Syntax::Protobuf);
        let less = format!("{DELIMITED};q=0.3,application/openmetrics-text;version=1.0.0;q=0.8");
        assert!(matches!(negotiate(&less).syntax, Syntax::OpenMetrics { .. }));
        let behind = format!("text/plain;q=0.5,{DELIMITED};q=0.5");
        assert_eq!(negotiate(&behind).syntax, Syntax::Text);
        let never = format!("{DELIMITED};q=0");
        assert_eq!(negotiate(&never).syntax, Syntax::Text);
        let other = "application/vnd.google.protobuf;proto=other;encoding=delimited";
        assert_eq!(negotiate(other).syntax, Syntax::Text);
        let escaped = format!("{DELIMITED};escaping=allow-utf-8");
        assert!(chosen(&escaped).ends_with("; encoding=delimited; escaping=allow-utf-8"));
    }
}
