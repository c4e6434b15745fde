"""Our rules for what is deployed, as facts about the template after SAM's translation. `check.py` asks them of the template, and
of the template with a mistake in it: a rule that no mistake breaks would be worth nothing."""

import json
import re

# Everything here bills by use, by what is kept, or not at all. Another kind is a decision: does it bill by the hour?
# (Keys of KMS, secrets, NAT, load balancers, search clusters, provisioned anything, a firewall do, so they are not here.)
KINDS = {
    "AWS::ApiGatewayV2::Api", "AWS::ApiGatewayV2::Integration", "AWS::ApiGatewayV2::Route", "AWS::ApiGatewayV2::Stage",
    "AWS::CloudFront::Distribution", "AWS::CloudFront::OriginAccessControl", "AWS::CloudFront::ResponseHeadersPolicy",
    "AWS::CloudWatch::Alarm", "AWS::Cognito::UserPool", "AWS::Cognito::UserPoolClient", "AWS::Cognito::UserPoolDomain",
    "AWS::DynamoDB::Table", "AWS::Events::Rule", "AWS::IAM::Role", "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping", "AWS::Lambda::Function", "AWS::Lambda::Permission", "AWS::Logs::LogGroup", "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy", "AWS::SES::ConfigurationSet", "AWS::SES::ConfigurationSetEventDestination", "AWS::SES::EmailIdentity", "AWS::SES::ReceiptRule", "AWS::SNS::Topic", "AWS::SNS::TopicPolicy", "AWS::SQS::Queue", "AWS::SQS::QueuePolicy", "AWS::Scheduler::Schedule",
}  # fmt: skip

LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
LOOKS_AT_SES = {"ses:GetIdentityDkimAttributes", "ses:GetIdentityMailFromDomainAttributes", "ses:GetIdentityVerificationAttributes", "ses:GetSendQuota"}
STREAM = {"dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"}

# A36: what each function does, beside writing its log.
ACTIONS = {
    "WsConnect": {"dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"},
    "WsMessage": {
        "dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
        "execute-api:ManageConnections",
    },
    "WsDisconnect": {"dynamodb:DeleteItem"},
    "EvaluateTriggers": {
        "dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem", "execute-api:ManageConnections",
    },
    "HttpApiFunction": {
        "dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
        "execute-api:ManageConnections", "s3:GetObject", "ses:SendRawEmail", *LOOKS_AT_SES,
    },
    "Projector": STREAM | {
        "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:Query", "execute-api:ManageConnections", "sqs:SendMessage",
    },
    "AutoReply": STREAM | {
        "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "execute-api:ManageConnections",
        "dynamodb:UpdateItem", "sqs:SendMessage",
    },
    "Timers": {
        "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
        "execute-api:ManageConnections", "lambda:InvokeFunction",
        "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:SendMessage",
    },
    "EmailFallback": {
        "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
        "execute-api:ManageConnections", "ses:SendRawEmail", "sqs:SendMessage",
    },
    "EmailInbound": {
        "dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem",
        "execute-api:ManageConnections", "s3:GetObject", "s3:PutObject", "sqs:SendMessage",
    },
}  # fmt: skip

# Best effort by design, and never relied on: a lease ends what it leaves, and so does a post that is refused. Ten alarms are free.
UNRELIED = {"WsDisconnect"}

# Who may call whom, besides the APIs and the schedule.
INVOKES = {"Timers": {"EmailFallback"}}

# Who may do what with the mails as they came, and with what came along.
FILES = {
    ("EmailInbound", "s3:GetObject"): {"${MailBucket.Arn}/mail/*"},
    ("EmailInbound", "s3:PutObject"): {"${MailBucket.Arn}/files/*"},
    ("HttpApiFunction", "s3:GetObject"): {"${MailBucket.Arn}/mail/*", "${MailBucket.Arn}/files/*"},
}

# Partitions that open doors, and the functions that may touch them, by what they may do. Nobody else may at all.
GUARDED = {
    "TK": {"dynamodb:DeleteItem": {"WsConnect"}, "dynamodb:PutItem": {"HttpApiFunction"}},
    "SE": {
        "dynamodb:PutItem": {"HttpApiFunction"},
        "dynamodb:DeleteItem": {"HttpApiFunction"},
        # By update and never by reading: whoever renews a session knows its token.
        "dynamodb:UpdateItem": {"HttpApiFunction"},
        # One at a time, by its hash, which opens nothing.
        "dynamodb:GetItem": {"WsMessage", "EvaluateTriggers"},
    },
    # Who reads these can speak for the shop.
    "I": {action: {"HttpApiFunction"} for action in ("dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem")},
    "J": {"dynamodb:PutItem": {"HttpApiFunction"}},
    # A trial is made for an admin and looked at by its hash; what was shown, likewise, by who shows and by who takes answers.
    "TT": {"dynamodb:PutItem": {"HttpApiFunction"}, "dynamodb:GetItem": {"EvaluateTriggers"}},
    "SH": {
        "dynamodb:PutItem": {"EvaluateTriggers"},
        "dynamodb:GetItem": {"EvaluateTriggers", "WsMessage", "HttpApiFunction"},
        "dynamodb:UpdateItem": {"EvaluateTriggers", "WsMessage", "HttpApiFunction"},
    },
    # Whoever makes tokens of mails cannot read any.
    "RT": {"dynamodb:PutItem": {"EmailFallback"}, "dynamodb:GetItem": {"EmailInbound"}},
    "ML": {"dynamodb:PutItem": {"EmailFallback"}, "dynamodb:GetItem": {"HttpApiFunction"}},
    # What is got for a mail's button is kept apart from the buttons.
    "RS": {"dynamodb:PutItem": {"HttpApiFunction"}, "dynamodb:GetItem": {"HttpApiFunction"}},
    "E": {"dynamodb:GetItem": {"HttpApiFunction"}, "dynamodb:Query": {"HttpApiFunction"}},
    "A": {"dynamodb:GetItem": {"HttpApiFunction"}, "dynamodb:Query": {"HttpApiFunction"}, "dynamodb:PutItem": {"HttpApiFunction"}},
}


def as_list(value):
    return value if isinstance(value, list) else [value]


def get(name):
    return lambda attribute: {"Fn::GetAtt": [name, attribute]}


def partitions(schema):
    """The kinds of partitions that the schema's doc table knows: `C#conv` → `C`."""
    rows = re.findall(r"^//! \| [^|]+ \| ((?:`[^`]+`(?:, )?)+) \|", schema, re.M)
    return {kind for row in rows for kind in re.findall(r"`([A-Z]+)#", row)}


def facts(template, source, schema, packaged):
    """Yields (what must hold, whether it does, what speaks against it). `template` is plain CloudFormation, `source` the file as it is
    written, `schema` the Rust file with the table's schema, `packaged` the functions that `cargo xtask package` makes."""
    resources = template["Resources"]

    def of(kind):
        return {name: resource["Properties"] for name, resource in resources.items() if resource["Type"] == kind}

    functions = of("AWS::Lambda::Function")
    yield from about_functions(functions, of, source, packaged)
    yield from about_the_table(resources, of)
    yield from about_bills(resources, of)
    yield from about_roles(resources, functions, partitions(schema))
    yield from about_what_browsers_get(resources, of)
    yield from about_sign_in(of)
    yield from about_words(source)


def against(strays):
    strays = list(strays)
    return not strays, ", ".join(map(str, strays))


def about_functions(functions, of, source, packaged):
    yield "all functions are arm64", *against(n for n, f in functions.items() if f.get("Architectures") != ["arm64"])
    yield "all functions run on Amazon Linux 2023", *against(n for n, f in functions.items() if f["Runtime"] != "provided.al2023")
    yield "no function reserves concurrency", *against(n for n, f in functions.items() if "ReservedConcurrentExecutions" in f)
    yield "no function stands in a network of its own", *against(n for n, f in functions.items() if "VpcConfig" in f)
    groups = of("AWS::Logs::LogGroup")
    yield "every log group forgets", *against(n for n, g in groups.items() if "RetentionInDays" not in g)
    own = [n for n, f in functions.items() if f.get("LoggingConfig", {}).get("LogGroup") != {"Ref": f"{n}Logs"} or f"{n}Logs" not in groups]
    yield "every function logs to a group of its own", *against(own)
    written = {n: r for n, r in source["Resources"].items() if r["Type"] == "AWS::Serverless::Function"}
    places = {n: f"target/lambda/{r['Metadata']['BuildProperties']['Binary']}" for n, r in written.items()}
    elsewhere = [n for n, r in written.items() if r["Properties"]["CodeUri"] != places[n]]
    yield "every function's code lies where `cargo xtask package` puts it", *against(elsewhere)
    yield "what is packaged is what is deployed", *against(set(places.values()) ^ {f"target/lambda/{name}" for name in packaged})
    timeouts = [n for n, f in functions.items() if not 1 <= f.get("Timeout", 3) <= 30]
    yield "no function outlives what waits for it", *against(timeouts)


def about_the_table(resources, of):
    ((name, table),) = of("AWS::DynamoDB::Table").items()
    kept = [key for key in ("DeletionPolicy", "UpdateReplacePolicy") if resources[name].get(key) != "Retain"]
    yield "the table is kept when the stack goes", *against(kept)
    yield "the table has a stream of both images", *against([] if table.get("StreamSpecification", {}).get("StreamViewType") == "NEW_AND_OLD_IMAGES" else ["not"])
    recovery = table.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled")
    yield "the table can be restored to a point in time", *against([] if recovery is True else [recovery])
    yield "the table sweeps by ttl", *against([] if table.get("TimeToLiveSpecification") == {"AttributeName": "ttl", "Enabled": True} else ["not"])
    # Encryption is AWS's own by default; a key of ours would bill by the month.
    yield "the table bills per use", *against([] if table.get("BillingMode") == "PAY_PER_REQUEST" and "SSESpecification" not in table else ["not"])
    data = [n for n in [*of("AWS::S3::Bucket"), *of("AWS::Cognito::UserPool")] if resources[n].get("DeletionPolicy") != "Retain"]
    yield "buckets and the user pool are kept when the stack goes", *against(data)


def about_bills(resources, of):
    yield "nothing bills by the hour or the month", *against(f"{n}: {r['Type']}" for n, r in resources.items() if r["Type"] not in KINDS)
    alarms = of("AWS::CloudWatch::Alarm")
    yield "at most ten alarms", *against([] if len(alarms) <= 10 else [len(alarms)])
    # A metric by the second, or worked out from several, bills as more than one.
    dear = [n for n, a in alarms.items() if a.get("Period", 0) < 60 or "Metrics" in a]
    yield "every alarm is a plain one, and tells whoever asked to be told", *against(dear + [n for n, a in alarms.items() if not a.get("AlarmActions")])
    watched = {json.dumps(d["Value"]) for a in alarms.values() if a.get("MetricName") == "Errors" for d in a["Dimensions"]}
    # An alarm costs when there are more than ten. What is only ever invoked asynchronously fails by being laid aside, where an alarm rings too.
    ringing = {json.dumps(d["Value"]) for a in alarms.values() if a.get("Namespace") == "AWS/SQS" for d in a["Dimensions"]}
    called = json.dumps([*(m.get("FunctionName") for m in of("AWS::Lambda::EventSourceMapping").values()), *(i.get("IntegrationUri") for i in of("AWS::ApiGatewayV2::Integration").values())])
    laid_aside = {
        json.dumps(i["FunctionName"]) for i in of("AWS::Lambda::EventInvokeConfig").values()
        if json.dumps({"Fn::GetAtt": [i.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination", {}).get("Fn::GetAtt", [""])[0], "QueueName"]}) in ringing
    }  # fmt: skip
    rings = lambda n: json.dumps({"Ref": n}) in watched or (json.dumps({"Ref": n}) in laid_aside and f'"{n}"' not in called and f"${{{n}." not in called)
    unwatched = [n for n in of("AWS::Lambda::Function") if not rings(n) and n not in UNRELIED]
    yield "every function's errors ring an alarm", *against(unwatched)
    mappings = of("AWS::Lambda::EventSourceMapping")
    stream = {"Fn::GetAtt": ["Table", "StreamArn"]}
    readers = {n: m for n, m in mappings.items() if m["EventSourceArn"] == stream}
    polled = [n for n in mappings if n not in readers]
    yield "at most two readers of the stream", *against([] if len(readers) <= 2 else readers)
    yield "at most one polled queue", *against([] if len(polled) <= 1 else polled)
    careless = [n for n, m in readers.items() if m.get("FunctionResponseTypes") != ["ReportBatchItemFailures"] or not m.get("BisectBatchOnFunctionError")
                or not 0 < m.get("MaximumRetryAttempts", -1) <= 100 or not m.get("FilterCriteria")]  # fmt: skip
    yield "every reader of the stream filters, reports single failures and gives up in the end", *against(careless)
    deaf = [n for n in polled if mappings[n].get("FunctionResponseTypes") != ["ReportBatchItemFailures"]]
    yield "every reader of a queue reports single failures", *against(deaf)
    queues = of("AWS::SQS::Queue")
    fed = {json.dumps(m["EventSourceArn"]) for m in mappings.values()}
    bare = [n for n, q in queues.items() if json.dumps({"Fn::GetAtt": [n, "Arn"]}) in fed and "RedrivePolicy" not in q]
    yield "what a queue cannot deliver is kept aside", *against(bare)
    limits = {json.dumps({"Ref": n}): f.get("Timeout", 3) for n, f in of("AWS::Lambda::Function").items()}
    hasty = [
        n for n, m in mappings.items() for q, queue in queues.items()
        if m["EventSourceArn"] == {"Fn::GetAtt": [q, "Arn"]} and queue.get("VisibilityTimeout", 30) < 6 * limits[json.dumps(m["FunctionName"])]
    ]  # fmt: skip
    yield "a message is not given out again while it is worked on", *against(hasty)
    watched = {json.dumps(d["Value"]) for a in alarms.values() if a.get("Namespace") == "AWS/SQS" for d in a["Dimensions"]}
    aside = {json.dumps(q["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]) for q in queues.values() if "RedrivePolicy" in q}
    yield "what is kept aside rings an alarm", *against(n for n in aside if json.dumps({"Fn::GetAtt": [json.loads(n), "QueueName"]}) not in watched)
    free = [n for n, i in of("AWS::Lambda::EventInvokeConfig").items() if "OnFailure" not in i.get("DestinationConfig", {})]
    yield "what is invoked asynchronously and fails is kept aside", *against(free)


def about_roles(resources, functions, known):
    """A36: a role reaches its own table, stage, queue and log group, and does what its function does."""
    roles = {n: f"{n}Role" for n in functions}
    shared = [n for n, f in functions.items() if f["Role"] != {"Fn::GetAtt": [roles[n], "Arn"]}]
    yield "a_36 every function has a role of its own", *against(shared)
    yield "a_36 every function's work is known here", *against(set(functions) ^ set(ACTIONS))
    touched = {}
    for function in sorted(set(functions) & set(ACTIONS)):
        role = resources[roles[function]]["Properties"]
        statements = [s for policy in role.get("Policies", []) for s in as_list(policy["PolicyDocument"]["Statement"])]
        actions = {action for s in statements for action in as_list(s["Action"])}
        yield f"a_36 {function} may do exactly what it does", *against(sorted(actions ^ (ACTIONS[function] | LOGS)))
        yield f"a_36 {function} has no policy from elsewhere", *against(key for key in ("ManagedPolicyArns", "PermissionsBoundary") if key in role)
        trusted = role["AssumeRolePolicyDocument"]["Statement"]
        lambdas = [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]
        yield f"a_36 {function}'s role is for Lambda alone", *against([] if trusted == lambdas else [json.dumps(trusted)])
        strays = [s.get("Sid", "?") for s in statements if s["Effect"] != "Allow" or "NotAction" in s or "NotResource" in s or not reaches(s, function)]
        yield f"a_36 {function} reaches its own table, stage, queue and log group alone", *against(strays)
        # A leading key bounds each action on the table to partitions of its kinds; the index holds heads alone.
        unbound = []
        for s in statements:
            if s["Resource"] != {"Fn::GetAtt": ["Table", "Arn"]}:
                continue
            keys = s.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys") or []
            kinds = {key.removesuffix("#*") for key in as_list(keys)}
            if not kinds or not kinds <= known | {"WARM"} or any("*" in kind for kind in kinds):
                unbound.append(f"{s.get('Sid')}: {sorted(kinds)}")
            for action in as_list(s["Action"]):
                for kind in kinds:
                    touched.setdefault(kind, {}).setdefault(action, set()).add(function)
        yield f"a_36 {function} reaches partitions of its work alone", *against(unbound)
    for kind, allowed in GUARDED.items():
        unexpected = {
            action: sorted(who ^ allowed.get(action, set())) for action, who in touched.get(kind, {}).items() if who != allowed.get(action, set())
        }
        yield f"a_36 {kind}# opens to its own functions alone", *against(f"{action}: {who}" for action, who in unexpected.items())
    gateway = [s for policy in resources["ApiRole"]["Properties"]["Policies"] for s in as_list(policy["PolicyDocument"]["Statement"])]
    invoked = {json.dumps(r) for s in gateway for r in as_list(s["Resource"])}
    routed = {
        json.dumps({"Fn::GetAtt": [n, "Arn"]}) for n in functions for r in resources.values()
        if r["Type"] == "AWS::ApiGatewayV2::Integration" and re.search(rf'(\$\{{|"){n}(\.Arn\}}|")', json.dumps(r["Properties"]["IntegrationUri"]))
    }  # fmt: skip
    yield "a_36 the APIs may invoke what their routes lead to", *against(invoked ^ routed)
    yield "a_36 the APIs may do nothing else", *against(s["Action"] for s in gateway if s["Action"] != "lambda:InvokeFunction")
    for name, schedule in ((n, r["Properties"]) for n, r in resources.items() if r["Type"] == "AWS::Scheduler::Schedule"):
        role = resources[schedule["Target"]["RoleArn"]["Fn::GetAtt"][0]]["Properties"]
        may = [(s["Action"], s["Resource"]) for policy in role["Policies"] for s in as_list(policy["PolicyDocument"]["Statement"])]
        yield f"a_36 {name} may invoke its target and nothing else", *against([] if may == [("lambda:InvokeFunction", schedule["Target"]["Arn"])] else may)


def reaches(statement, function):
    """Only this table, its index and stream; this API's stage; this stack's queues and functions; this function's own log group."""
    own = {
        "dynamodb": lambda r: r in ({"Fn::GetAtt": ["Table", "Arn"]}, {"Fn::GetAtt": ["Table", "StreamArn"]}, {"Fn::Sub": "${Table.Arn}/index/inbox"}, {"Fn::Sub": "${Table.Arn}/index/deadlines"}),
        "execute-api": lambda r: isinstance(r, dict) and "${WebSocketApi}/ws/*/@connections/*" in str(r.get("Fn::Sub")),
        "logs": lambda r: r == {"Fn::GetAtt": [f"{function}Logs", "Arn"]},
        "lambda": lambda r: r in [{"Fn::GetAtt": [called, "Arn"]} for called in INVOKES.get(function, ())],
        # The domain that the merchant has named, and this stack's configuration set.
        "ses": lambda r: isinstance(r, dict) and str(r.get("Fn::Sub")).removeprefix("arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:") in ("identity/${MailDomain}", "configuration-set/${AWS::StackName}-mail"),
        # Mails are SES's to write and ours to read; files the other way round.
        "s3": lambda r: isinstance(r, dict) and all(r.get("Fn::Sub") in FILES.get((function, action), ()) for action in as_list(statement["Action"])),
        "sqs": lambda r: isinstance(r, dict) and r.get("Fn::GetAtt", ["", ""])[1] == "Arn" and r["Fn::GetAtt"][0].endswith("Queue"),
    }
    # Listing streams knows no resource, and what SES says of an identity is asked of no resource either.
    if statement["Resource"] == "*" and (as_list(statement["Action"]) == ["dynamodb:ListStreams"] or set(as_list(statement["Action"])) <= LOOKS_AT_SES):
        return True
    refused = lambda _: False
    return all(own.get(action.split(":")[0], refused)(r) for action in as_list(statement["Action"]) for r in as_list(statement["Resource"]))


def policy(text):
    """A content security policy as a dictionary of its directives."""
    parts = [part.split() for part in text.split(";")]
    return {part[0]: part[1:] for part in parts if part}


def written(value):
    """The text of a value that may be built by Fn::Sub, its variables left standing."""
    if isinstance(value, dict):
        value = value["Fn::Sub"]
    return value[0] if isinstance(value, list) else value


def about_what_browsers_get(resources, of):
    headers, distributions = of("AWS::CloudFront::ResponseHeadersPolicy"), of("AWS::CloudFront::Distribution")
    for side in ("Widget", "Dashboard"):
        behaviours = distributions[f"{side}Distribution"]["DistributionConfig"]
        behaviours = [behaviours["DefaultCacheBehavior"], *behaviours.get("CacheBehaviors", [])]
        loose = [b for b in behaviours if b.get("ResponseHeadersPolicyId") != {"Ref": f"{side}Headers"} or b["ViewerProtocolPolicy"] != "redirect-to-https"]
        yield f"a_21 every answer of the {side.lower()}'s distribution bears its headers, over https", *against(loose)
        origins = distributions[f"{side}Distribution"]["DistributionConfig"]["Origins"]
        foreign = [o["Id"] for o in origins if o["DomainName"] != {"Fn::GetAtt": [f"{side}Bucket", "RegionalDomainName"]} or "OriginAccessControlId" not in o]
        yield f"the {side.lower()} comes from its own bucket, to which nobody else has a key", *against(foreign)
    security = headers["DashboardHeaders"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    csp = security.get("ContentSecurityPolicy", {})
    rules = policy(written(csp.get("ContentSecurityPolicy", "")))
    framed = [] if rules.get("frame-ancestors") == ["'none'"] and csp.get("Override") is True else [rules.get("frame-ancestors")]
    yield "a_21 nobody frames the dashboard", *against(framed)
    old = security.get("FrameOptions", {})
    yield "a_21 nobody frames it in an old browser either", *against([] if old.get("FrameOption") == "DENY" and old.get("Override") is True else [old])
    scripts = rules.get("script-src", rules.get("default-src", ["*"]))
    yield "the dashboard runs its own scripts alone", *against(set(scripts) - {"'self'"} | ({"default-src"} if rules.get("default-src") != ["'none'"] else set()))
    missing = {"ContentTypeOptions", "ReferrerPolicy", "StrictTransportSecurity"}
    for side in ("Widget", "Dashboard"):
        has = headers[f"{side}Headers"]["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
        yield f"the {side.lower()}'s files say what they are, and over https only", *against(missing - set(has))
    cors = headers["WidgetHeaders"]["ResponseHeadersPolicyConfig"].get("CorsConfig", {})
    # A shop's page imports the panel from another origin: without CORS the browser refuses it.
    open_to_all = cors.get("AccessControlAllowOrigins", {}).get("Items") == ["*"] and {"GET", "HEAD"} <= set(cors.get("AccessControlAllowMethods", {}).get("Items", []))
    yield "any shop's page may import the widget's chunks", *against([] if open_to_all and cors.get("OriginOverride") is True else [cors])
    yield "and sends no cookies for it", *against([] if cors.get("AccessControlAllowCredentials") is False else ["credentials"])
    yield "the dashboard's files are for no other origin", *against([] if "CorsConfig" not in headers["DashboardHeaders"]["ResponseHeadersPolicyConfig"] else ["CorsConfig"])
    swept = {r.get("Prefix") for r in of("AWS::S3::Bucket")["MailBucket"].get("LifecycleConfiguration", {}).get("Rules", []) if "ExpirationInDays" in r and r["Status"] == "Enabled"}
    yield "mails and files go in the end", *against({"mail/", "files/"} - swept)
    scanned = [n for n, r in of("AWS::SES::ReceiptRule").items() if r["Rule"].get("ScanEnabled") is not True]
    yield "every mail is looked at for spam and viruses", *against(scanned)
    callers = [n for n, p in of("AWS::Lambda::Permission").items() if p["Principal"] in ("ses.amazonaws.com", "sns.amazonaws.com") and not p.keys() & {"SourceAccount", "SourceArn"}]
    yield "a function is called by this account's mail alone", *against(callers)
    for name, bucket in of("AWS::S3::Bucket").items():
        block = bucket.get("PublicAccessBlockConfiguration", {})
        keys = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
        yield f"{name} is open to nobody", *against(key for key in keys if block.get(key) is not True)
    for name, bucket_policy in of("AWS::S3::BucketPolicy").items():
        allows = [s for s in bucket_policy["PolicyDocument"]["Statement"] if s["Effect"] == "Allow"]
        if name == "MailBucketPolicy":
            writes = lambda s: s["Principal"] == {"Service": "ses.amazonaws.com"} and s["Action"] == "s3:PutObject" and s["Resource"] == {"Fn::Sub": "${MailBucket.Arn}/mail/*"} and "AWS:SourceAccount" in str(s.get("Condition"))
            yield "SES lays this account's mails into the bucket, and nobody else does anything there", *against(s["Sid"] for s in allows if not writes(s))
            continue
        loose = [s["Sid"] for s in allows if s["Principal"] != {"Service": "cloudfront.amazonaws.com"} or s["Action"] != "s3:GetObject" or "AWS:SourceArn" not in str(s.get("Condition"))]
        yield f"{name} lets its distribution read, and nobody else do anything", *against(loose)


def about_sign_in(of):
    (pool,) = of("AWS::Cognito::UserPool").values()
    yield "agents are invited and do not sign themselves up", *against([] if pool.get("AdminCreateUserConfig", {}).get("AllowAdminCreateUserOnly") is True else ["they may"])
    must = pool.get("UserAttributeUpdateSettings", {}).get("AttributesRequireVerificationBeforeUpdate", [])
    yield "a changed address is proven before it counts", *against([] if "email" in must and "email" in pool.get("AutoVerifiedAttributes", []) else ["it is not"])
    (client,) = of("AWS::Cognito::UserPoolClient").values()
    flows = set(client.get("AllowedOAuthFlows", [])) - {"code"} | {f for f in client["ExplicitAuthFlows"] if "PASSWORD" in f}
    yield "the dashboard signs in by code alone, with no secret and no password of its own", *against(flows | ({"a secret"} if client.get("GenerateSecret") is not False else set()))


def about_words(source):
    parameters = source["Parameters"]
    mute = [n for n, p in parameters.items() if len(p.get("Description", "")) < 20 or "Default" not in p]
    yield "every parameter says what it means and has a default", *against(mute)
    body = json.dumps({key: value for key, value in source.items() if key != "Parameters"})
    unused = [n for n in parameters if json.dumps({"Ref": n}) not in body and f"${{{n}}}" not in body]
    yield "every parameter is used", *against(unused)
    yield "every output says what it is", *against(n for n, o in source["Outputs"].items() if len(o.get("Description", "")) < 8)
    yield "every alarm says what a person must look at", *against(
        n for n, r in source["Resources"].items() if r["Type"] == "AWS::CloudWatch::Alarm" and len(r["Properties"].get("AlarmDescription", "")) < 30
    )
