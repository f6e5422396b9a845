//! What would exhaust the stack is skipped: formulas that are too large, values that depend on themselves or on too
//! many others in a row. The node map evaluates by recursion, and a WebAssembly module that runs out of stack is lost.

use std::collections::{HashMap, HashSet};
use viva_genapi_xml::{
    Addressing, EnumValueSrc, FormulaBindings, IndexedValue, NodeDecl, SkippedNode, XmlModel,
};

/// Deepest nesting of brackets in a formula.
const MAX_NESTING: usize = 64;
/// Most operators of a formula, with everything it names put in.
const MAX_OPERATORS: usize = 1000;
/// Longest way from a value to the last that it depends on: nodes, and a node more for so many operators on the way.
const MAX_DEPTH: usize = 100;
const OPERATORS_PER_NODE: usize = 10;

/// Skip what cannot be evaluated within bounds.
pub fn drop_endless(model: &mut XmlModel) {
    drop_where(model, |node| {
        (!has_sound_formulas(node)).then(|| {
            format!("its formula has more than {MAX_OPERATORS} operators or {MAX_NESTING} nested brackets")
        })
    });
    let endless: HashSet<String> = endless(&model.nodes).into_iter().map(str::to_string).collect();
    drop_where(model, |node| {
        let reason = format!("its value depends on itself, or on more than {MAX_DEPTH} others in a row");
        endless.contains(node.name()).then_some(reason)
    });
}

fn drop_where(model: &mut XmlModel, wrong: impl Fn(&NodeDecl) -> Option<String>) {
    for node in std::mem::take(&mut model.nodes) {
        match wrong(&node) {
            None => model.nodes.push(node),
            Some(reason) => {
                model.skipped.push(SkippedNode::new(node.kind(), Some(node.name().to_string()), reason))
            }
        }
    }
}

/// What of a node is asked for.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
enum Part {
    Value,
    Min,
    Max,
    Inc,
}

type Place<'a> = (&'a str, Part);

enum Visit {
    /// On the way from where the search began.
    Open,
    /// The longest way from here on.
    Done(usize),
}

/// Names of the nodes without which no way is endless or too long.
fn endless(nodes: &[NodeDecl]) -> HashSet<&str> {
    let by_name: HashMap<&str, &NodeDecl> = nodes.iter().map(|node| (node.name(), node)).collect();
    let mut visits: HashMap<Place<'_>, Visit> = HashMap::new();
    let mut endless = HashSet::new();
    let parts = [Part::Value, Part::Min, Part::Max, Part::Inc];
    for start in nodes.iter().flat_map(|node| parts.map(|part| (node.name(), part))) {
        // A place is on this stack twice: on the way in, and once all it needs is visited.
        let mut stack = vec![(start, false)];
        while let Some((place, needs_visited)) = stack.pop() {
            let Some(node) = by_name.get(place.0) else { continue };
            let needs = needs(node, place.1);
            if !needs_visited {
                if visits.contains_key(&place) {
                    continue;
                }
                visits.insert(place, Visit::Open);
                stack.push((place, true));
                stack.extend(
                    needs.into_iter().filter(|need| !visits.contains_key(need)).map(|need| (need, false)),
                );
                continue;
            }
            let mut depth = 0;
            for need in needs {
                match visits.get(&need) {
                    Some(Visit::Open) => depth = MAX_DEPTH,
                    Some(Visit::Done(below)) => depth = depth.max(*below),
                    None => {}
                }
            }
            depth += 1 + operators(node) / OPERATORS_PER_NODE;
            if depth > MAX_DEPTH {
                endless.insert(place.0);
                depth = 0;
            }
            visits.insert(place, Visit::Done(depth));
        }
    }
    endless
}

/// What has to be evaluated for a part of a node.
fn needs(node: &NodeDecl, part: Part) -> Vec<Place<'_>> {
    match (node, part) {
        (NodeDecl::Integer { pvalue, indexed, addressing, .. }, Part::Value) => {
            let indexed = indexed.iter().flat_map(IndexedValue::referenced_nodes);
            places(Part::Value, pvalue.iter().map(String::as_str).chain(indexed).chain(address(addressing)))
        }
        (NodeDecl::Float { pvalue, indexed, addressing, .. }, Part::Value) => {
            let indexed = indexed.iter().flat_map(IndexedValue::referenced_nodes);
            places(Part::Value, pvalue.iter().map(String::as_str).chain(indexed).chain(address(addressing)))
        }
        (NodeDecl::Enum { pvalue, addressing, entries, .. }, Part::Value) => {
            let entries = entries.iter().filter_map(|entry| match &entry.value {
                EnumValueSrc::FromNode(name) => Some(name.as_str()),
                EnumValueSrc::Literal(_) => None,
            });
            places(Part::Value, pvalue.iter().map(String::as_str).chain(entries).chain(address(addressing)))
        }
        (NodeDecl::Boolean { pvalue, addressing, .. }, Part::Value) => {
            places(Part::Value, pvalue.iter().map(String::as_str).chain(address(addressing)))
        }
        (NodeDecl::String(node), Part::Value) => {
            places(Part::Value, node.pvalue.iter().map(String::as_str).chain(address(&node.addressing)))
        }
        (NodeDecl::Register(node), Part::Value) => places(Part::Value, node.addressing.referenced_nodes()),
        (NodeDecl::SwissKnife(node), Part::Value) => variables(&node.bindings, &node.expr, &node.variables),
        (NodeDecl::Converter(node), _) => {
            let from = variables(&node.bindings, &node.formula_from, &node.variables_from);
            let to = variables(&node.bindings, &node.formula_to, &node.variables_to);
            converted(&node.p_value, part, from, to)
        }
        (NodeDecl::IntConverter(node), _) => {
            let from = variables(&node.bindings, &node.formula_from, &node.variables_from);
            let to = variables(&node.bindings, &node.formula_to, &node.variables_to);
            converted(&node.p_value, part, from, to)
        }
        (NodeDecl::Integer { p_min, pvalue, indexed, .. }, Part::Min) => limit(part, p_min, pvalue, indexed),
        (NodeDecl::Integer { p_max, pvalue, indexed, .. }, Part::Max) => limit(part, p_max, pvalue, indexed),
        (NodeDecl::Integer { p_inc, pvalue, indexed, .. }, Part::Inc) => limit(part, p_inc, pvalue, indexed),
        (NodeDecl::Float { p_min, pvalue, indexed, .. }, Part::Min) => limit(part, p_min, pvalue, indexed),
        (NodeDecl::Float { p_max, pvalue, indexed, .. }, Part::Max) => limit(part, p_max, pvalue, indexed),
        _ => Vec::new(),
    }
}

fn places<'a>(part: Part, names: impl IntoIterator<Item = &'a str>) -> Vec<Place<'a>> {
    names.into_iter().map(|name| (name, part)).collect()
}

fn address(addressing: &Option<Addressing>) -> impl Iterator<Item = &str> {
    addressing.iter().flat_map(Addressing::referenced_nodes)
}

/// A limit is that of another node's value, or the limit of the node that the value comes from.
fn limit<'a, T>(
    part: Part,
    pointer: &'a Option<String>,
    pvalue: &'a Option<String>,
    indexed: &'a Option<IndexedValue<T>>,
) -> Vec<Place<'a>> {
    if let Some(pointer) = pointer {
        return vec![(pointer, Part::Value)];
    }
    let mut needs = places(part, pvalue.iter().map(String::as_str));
    if let Some(table) = indexed {
        needs.push((&table.index, Part::Value));
        needs.extend(places(part, table.value_nodes()));
    }
    needs
}

/// A converter's limits are its source's, either of them, converted.
fn converted<'a>(source: &'a str, part: Part, from: Vec<Place<'a>>, to: Vec<Place<'a>>) -> Vec<Place<'a>> {
    let parts: &[Part] = match part {
        Part::Value => &[Part::Value],
        _ => &[Part::Min, Part::Max],
    };
    parts.iter().map(|part| (source, *part)).chain(from).chain(to).collect()
}

/// What a formula reads: `X` and `X.Value` the value of the node called so, `X.Min` and the like its limits.
fn variables<'a>(
    bindings: &FormulaBindings,
    formula: &str,
    variables: &'a [(String, String)],
) -> Vec<Place<'a>> {
    let mut needs = Vec::new();
    let texts = bindings.expressions.iter().map(|(_, text)| text.as_str()).chain([formula]);
    for word in texts.flat_map(words) {
        let plain = word.split('.').next().unwrap_or(word);
        let variable = variables.iter().find(|(name, _)| name == word);
        let Some((_, node)) = variable.or_else(|| variables.iter().find(|(name, _)| name == plain)) else {
            continue;
        };
        let part = match word.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).as_deref()
        {
            Some("min") => Part::Min,
            Some("max") => Part::Max,
            Some("inc") => Part::Inc,
            _ => Part::Value,
        };
        needs.push((node.as_str(), part));
    }
    needs
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').filter(|word| !word.is_empty())
}

/// Operators of a node's formulas, with everything they name put in.
fn operators(node: &NodeDecl) -> usize {
    formulas(node).map_or(0, |(bindings, formulas)| {
        formulas.iter().map(|formula| size(bindings, formula).1).max().unwrap_or(0)
    })
}

fn has_sound_formulas(node: &NodeDecl) -> bool {
    let Some((bindings, formulas)) = formulas(node) else { return true };
    let texts = bindings.expressions.iter().map(|(_, text)| text.as_str()).chain(formulas);
    texts.into_iter().all(|text| {
        let (nesting, operators) = size(bindings, text);
        nesting <= MAX_NESTING && operators <= MAX_OPERATORS
    })
}

fn formulas(node: &NodeDecl) -> Option<(&FormulaBindings, Vec<&str>)> {
    match node {
        NodeDecl::SwissKnife(node) => Some((&node.bindings, vec![&node.expr])),
        NodeDecl::Converter(node) => Some((&node.bindings, vec![&node.formula_to, &node.formula_from])),
        NodeDecl::IntConverter(node) => Some((&node.bindings, vec![&node.formula_to, &node.formula_from])),
        _ => None,
    }
}

/// Nesting and operators of a formula with the expressions put in that it names. Each of them may name those before it.
fn size(bindings: &FormulaBindings, formula: &str) -> (usize, usize) {
    let mut known: HashMap<&str, (usize, usize)> = HashMap::new();
    let measured = |text: &str, known: &HashMap<&str, (usize, usize)>| {
        let (mut nesting, mut operators) = measure(text);
        for (inner, more) in words(text).filter_map(|word| known.get(word)) {
            nesting = nesting.saturating_add(*inner);
            operators = operators.saturating_add(*more);
        }
        (nesting, operators)
    };
    for (name, text) in &bindings.expressions {
        let size = measured(text, &known);
        known.insert(name, size);
    }
    measured(formula, &known)
}

/// Deepest nesting of brackets, and operators.
fn measure(formula: &str) -> (usize, usize) {
    let (mut depth, mut deepest, mut operators) = (0_usize, 0, 0);
    for c in formula.chars() {
        match c {
            '(' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            ')' => depth = depth.saturating_sub(1),
            '_' | '.' => {}
            c if c.is_ascii_punctuation() => operators += 1,
            _ => {}
        }
    }
    (deepest, operators)
}

#[cfg(test)]
mod tests {
    use super::*;
    use viva_genapi_xml::parse;

    /// Names of what is skipped of these nodes.
    fn skipped(nodes: &str) -> Vec<String> {
        let mut model =
            parse(&format!("<RegisterDescription>{nodes}</RegisterDescription>")).expect("sound XML");
        assert!(model.skipped.is_empty(), "{:?}", model.skipped);
        drop_endless(&mut model);
        model.skipped.into_iter().filter_map(|node| node.name).collect()
    }

    fn knife(name: &str, variables: &str, formula: &str) -> String {
        format!(r#"<IntSwissKnife Name="{name}">{variables}<Formula>{formula}</Formula></IntSwissKnife>"#)
    }

    fn variable(name: &str, node: &str) -> String {
        format!(r#"<pVariable Name="{name}">{node}</pVariable>"#)
    }

    #[test]
    fn a_formula_of_a_real_camera_is_sound() {
        let formula = "(A = 0) ? (B * 1000) : ((A = 1) ? (B * 10 ** 6) : (-B / (C - 1)))";
        let expression = r#"<Expression Name="C">(B &lt;&lt; 3) &amp; 0xFF</Expression>"#;
        assert!(skipped(&knife("F", expression, formula)).is_empty());
    }

    #[test]
    fn deep_brackets_and_long_chains_are_skipped() {
        assert!(skipped(&knife("F", "", &format!("{}1", "(1)+".repeat(900)))).is_empty());
        let deep = format!("{}1{}", "(".repeat(65), ")".repeat(65));
        for formula in [deep, format!("1{}", "+1".repeat(1001)), format!("{}1", "-".repeat(1001))] {
            assert_eq!(skipped(&knife("F", "", &formula)), ["F"]);
        }
    }

    #[test]
    fn expressions_that_double_each_other_are_skipped() {
        let mut expressions = r#"<Expression Name="E0">1+1</Expression>"#.to_string();
        for k in 1..40 {
            expressions += &format!(r#"<Expression Name="E{k}">E{0}+E{0}</Expression>"#, k - 1);
        }
        assert_eq!(skipped(&knife("F", &expressions, "E39")), ["F"]);
    }

    #[test]
    fn values_that_depend_on_themselves_are_skipped() {
        let circle =
            r#"<Integer Name="A"><pValue>B</pValue></Integer><Integer Name="B"><pValue>A</pValue></Integer>"#;
        assert_eq!(skipped(circle).len(), 1);
        let own = r#"<IntReg Name="A"><pAddress>A</pAddress><Length>4</Length></IntReg>"#;
        assert_eq!(skipped(own), ["A"]);
        assert_eq!(skipped(&knife("A", &variable("X", "A"), "X")), ["A"]);
        let limit = format!(
            r#"<Integer Name="A"><Value>0</Value><pMin>B</pMin></Integer>{}"#,
            knife("B", &variable("X", "A"), "X.Min")
        );
        assert_eq!(skipped(&limit).len(), 1);
    }

    #[test]
    fn limits_upon_each_others_values_are_no_circle() {
        let mut nodes = String::new();
        for (name, other) in [("A", "B"), ("B", "A")] {
            nodes += &format!(r#"<Integer Name="{name}"><Value>0</Value><pMax>{name}Max</pMax></Integer>"#);
            nodes += &knife(&format!("{name}Max"), &variable("X", other), "100 - X");
        }
        assert!(skipped(&nodes).is_empty());
        let own = r#"<Integer Name="A"><Value>0</Value><pMin>B</pMin><Max>7</Max></Integer>"#;
        assert!(skipped(&format!("{own}{}", knife("B", &variable("X", "A"), "X.Max - 7"))).is_empty());
    }

    #[test]
    fn a_long_way_is_cut_where_it_becomes_too_long() {
        let links = |n: usize| -> String {
            (0..n).map(|k| format!(r#"<Integer Name="A{k}"><pValue>A{}</pValue></Integer>"#, k + 1)).collect()
        };
        assert!(skipped(&links(MAX_DEPTH)).is_empty());
        assert_eq!(skipped(&links(MAX_DEPTH + 1)), ["A0"]);
        assert_eq!(skipped(&links(10_000)).len(), 10_000 / (MAX_DEPTH + 1));
    }
}
