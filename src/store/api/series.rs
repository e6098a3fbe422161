//! `/api/v1/series`, `/api/v1/labels`, `/api/v1/label/<name>/values`.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Path, State};

use super::Api;
use super::answer::{ApiError, Data, listed};
use super::parameters::Parameters;
use crate::model::{Labels, Matcher, is_label_name};

/// The label sets that meet any of the selectors.
pub async fn series(
    State(api): State<Arc<Api>>,
    parameters: Parameters,
) -> Result<Data<Vec<Labels>>, ApiError> {
    let selectors = parameters.selectors()?;
    if selectors.is_empty() {
        return Err(ApiError::bad_data("no match[] parameter provided".to_owned()));
    }
    Ok(Data(listed(api.matching(&selectors, &parameters)?, parameters.limit()?)))
}

/// The names of all labels.
pub async fn names(
    State(api): State<Arc<Api>>,
    parameters: Parameters,
) -> Result<Data<Vec<String>>, ApiError> {
    let series = api.matching(&any_or(parameters.selectors()?), &parameters)?;
    let names = series.iter().flat_map(|labels| labels.iter().map(|(name, _)| name));
    Ok(Data(distinct(names, parameters.limit()?)))
}

/// The values of one label.
pub async fn values(
    State(api): State<Arc<Api>>,
    Path(name): Path<String>,
    parameters: Parameters,
) -> Result<Data<Vec<String>>, ApiError> {
    if !is_label_name(&name) {
        return Err(ApiError::bad_data(format!("invalid label name: {name:?}")));
    }
    let series = api.matching(&any_or(parameters.selectors()?), &parameters)?;
    let values = series.iter().map(|labels| labels.get(&name)).filter(|value| !value.is_empty());
    Ok(Data(distinct(values, parameters.limit()?)))
}

impl Api {
    fn matching(
        &self,
        selectors: &[Vec<Matcher>],
        parameters: &Parameters,
    ) -> Result<Vec<Labels>, ApiError> {
        let (start_ms, end_ms) = parameters.range()?;
        let storage = &self.scraping.storage;
        let matching = |matchers: &Vec<Matcher>| storage.series(matchers, start_ms, end_ms);
        Ok(selectors.iter().flat_map(matching).collect())
    }
}

/// Without a selector every series is meant.
fn any_or(selectors: Vec<Vec<Matcher>>) -> Vec<Vec<Matcher>> {
    if selectors.is_empty() { vec![Vec::new()] } else { selectors }
}

fn distinct<'a>(texts: impl Iterator<Item = &'a str>, limit: usize) -> Vec<String> {
    let sorted: BTreeSet<_> = texts.collect();
    sorted.into_iter().take(limit).map(str::to_owned).collect()
}
