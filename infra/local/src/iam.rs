//! The policies of the template, enforced: a function may here exactly what its role would let it on AWS, so that a missing
//! permission fails at home and not in production.

use serde_json::Value;

#[derive(Debug, Clone)]
pub struct Statement {
    deny: bool,
    actions: Vec<String>,
    resources: Vec<String>,
    /// Patterns for the partition keys that a request may touch (`dynamodb:LeadingKeys`); empty: any.
    leading_keys: Vec<String>,
}

impl Statement {
    pub(crate) fn read(statement: &Value) -> Result<Self, String> {
        let mut leading_keys = Vec::new();
        for (operator, conditions) in statement["Condition"].as_object().into_iter().flatten() {
            for (key, values) in conditions.as_object().into_iter().flatten() {
                match (operator.as_str(), key.as_str()) {
                    ("ForAllValues:StringLike" | "ForAllValues:StringEquals", "dynamodb:LeadingKeys") => {
                        leading_keys.extend(words(values));
                    }
                    _ => {
                        return Err(format!(
                            "the policy condition {operator} on {key} is not one that this platform can enforce"
                        ));
                    }
                }
            }
        }
        Ok(Self {
            deny: statement["Effect"] == "Deny",
            actions: words(&statement["Action"]),
            resources: words(&statement["Resource"]),
            leading_keys,
        })
    }

    fn matches(&self, action: &str, resource: &str, keys: &[String]) -> bool {
        self.actions.iter().any(|pattern| glob(pattern, action))
            && self.resources.iter().any(|pattern| glob(pattern, resource))
            && (self.leading_keys.is_empty()
                || keys.iter().all(|key| self.leading_keys.iter().any(|pattern| glob(pattern, key))))
    }
}

/// Whether the statements allow it: some statement does, and none denies.
#[must_use]
pub fn allows(statements: &[Statement], action: &str, resource: &str, keys: &[String]) -> bool {
    let mut matching =
        statements.iter().filter(|statement| statement.matches(action, resource, keys)).peekable();
    matching.peek().is_some() && matching.all(|statement| !statement.deny)
}

fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(one) => vec![one.clone()],
        Value::Array(many) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

/// IAM's wildcards: `*` any run of characters, `?` one. By bytes: keys and ARNs are ASCII, and this runs at every call.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut p, mut t, mut star) = (0, 0, None);
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(&c) if c == b'?' || c == text[t] => {
                p += 1;
                t += 1;
            }
            _ => match star {
                Some((back, from)) => {
                    p = back + 1;
                    t = from + 1;
                    star = Some((back, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn statement(value: Value) -> Statement {
        Statement::read(&value).unwrap()
    }

    #[test]
    fn a_policy_allows_its_actions_on_its_resources_and_nothing_else() {
        let policy = [statement(json!({
            "Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:Put*"], "Resource": "arn:t"
        }))];
        let check = |action, resource, expected| {
            assert_eq!(allows(&policy, action, resource, &[]), expected, "{action} {resource}")
        };
        check("dynamodb:GetItem", "arn:t", true);
        check("dynamodb:PutItem", "arn:t", true);
        check("dynamodb:Scan", "arn:t", false);
        check("dynamodb:GetItem", "arn:t/index/i", false);
        check("dynamodb:GetItem", "arn:other", false);
    }

    #[test]
    fn leading_keys_bound_every_partition_that_a_request_touches() {
        let policy = [statement(json!({
            "Effect": "Allow", "Action": "dynamodb:*", "Resource": "*",
            "Condition": { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["K#*", "T#?"] } }
        }))];
        let check = |keys: &[&str], expected| {
            let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            assert_eq!(allows(&policy, "dynamodb:GetItem", "t", &keys), expected, "{keys:?}");
        };
        check(&["K#1", "T#2"], true);
        check(&["K#1", "C#2"], false);
        check(&["T#22"], false);
    }

    #[test]
    fn a_denial_beats_every_permission() {
        let policy = [
            statement(json!({ "Effect": "Allow", "Action": "*", "Resource": "*" })),
            statement(json!({ "Effect": "Deny", "Action": "dynamodb:Scan", "Resource": "*" })),
        ];
        assert!(allows(&policy, "dynamodb:Query", "t", &[]));
        assert!(!allows(&policy, "dynamodb:Scan", "t", &[]));
    }
}
