"""Mistakes that somebody will make one day, and what must notice each: (what was done, how, a part of the rule's name)."""


def role(function):
    return lambda t: t["Resources"][f"{function}Role"]["Properties"]


def statement(t, function, sid):
    statements = role(function)(t)["Policies"][0]["PolicyDocument"]["Statement"]
    return next(s for s in statements if s["Sid"] == sid)


def properties(t, name):
    return t["Resources"][name]["Properties"]


def headers(t, side):
    return properties(t, f"{side}Headers")["ResponseHeadersPolicyConfig"]


def set_in(value, *path):
    """Sets the last key of the path in a translated template."""

    def do(t, _source):
        for key in path[:-1]:
            t = t[key]
        t[path[-1]] = value

    return do


def remove(*path):
    def do(t, _source):
        for key in path[:-1]:
            t = t[key]
        del t[path[-1]]

    return do


def add_resources(kind, number=1):
    def do(t, _source):
        for n in range(number):
            t["Resources"][f"Another{n}"] = {"Type": kind, "Properties": {"Period": 60, "AlarmActions": ["x"], "EventSourceArn": {"Fn::GetAtt": ["Table", "StreamArn"]}}}

    return do


def csp(replace, by):
    def do(t, _source):
        rules = headers(t, "Dashboard")["SecurityHeadersConfig"]["ContentSecurityPolicy"]
        rules["ContentSecurityPolicy"]["Fn::Sub"][0] = rules["ContentSecurityPolicy"]["Fn::Sub"][0].replace(replace, by)

    return do


def source(*path, value):
    def do(_t, s):
        for key in path[:-1]:
            s = s[key]
        if value is None:
            del s[path[-1]]
        else:
            s[path[-1]] = value

    return do


def leading_keys(function, sid, keys):
    return lambda t, _s: statement(t, function, sid)["Condition"]["ForAllValues:StringLike"].update({"dynamodb:LeadingKeys": keys})


def in_statement(function, sid, key, value):
    return lambda t, _s: statement(t, function, sid).update({key: value})


R = "Resources"
MISTAKES = [
    ("a function for x86", set_in(["x86_64"], R, "WsMessage", "Properties", "Architectures"), "arm64"),
    ("a function that reserves concurrency", set_in(5, R, "WsMessage", "Properties", "ReservedConcurrentExecutions"), "reserves concurrency"),
    ("logs that stay for ever", remove(R, "WsMessageLogs", "Properties", "RetentionInDays"), "forgets"),
    ("two functions with one log", set_in({"Ref": "WsConnectLogs"}, R, "WsMessage", "Properties", "LoggingConfig", "LogGroup"), "a group of its own"),
    ("a table that goes with the stack", set_in("Delete", R, "Table", "DeletionPolicy"), "kept when the stack goes"),
    ("a table without recovery", remove(R, "Table", "Properties", "PointInTimeRecoverySpecification"), "point in time"),
    ("a table that bills by the hour", set_in("PROVISIONED", R, "Table", "Properties", "BillingMode"), "per use"),
    ("a table with a key that bills by the month", set_in({"SSEEnabled": True, "SSEType": "KMS"}, R, "Table", "Properties", "SSESpecification"), "per use"),
    ("an own key", add_resources("AWS::KMS::Key"), "by the hour or the month"),
    ("a NAT gateway", add_resources("AWS::EC2::NatGateway"), "by the hour or the month"),
    ("a firewall", add_resources("AWS::WAFv2::WebACL"), "by the hour or the month"),
    ("too many alarms", add_resources("AWS::CloudWatch::Alarm"), "ten alarms"),
    ("an alarm that tells nobody", remove(R, "WsMessageErrors", "Properties", "AlarmActions"), "tells whoever"),
    ("a function whose errors ring nowhere", remove(R, "WsMessageErrors"), "errors ring"),
    ("mail that fails in silence", remove(R, "EmailFallbackAsynchronously", "Properties", "DestinationConfig"), "errors ring"),
    ("a function that somebody waits for, without an alarm", remove(R, "TimersErrors"), "errors ring"),
    ("mail from any domain", in_statement("EmailFallback", "Mail", "Resource", {"Fn::Sub": "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/*"}), "EmailFallback reaches its own"),
    ("a test mail from any domain", in_statement("HttpApiFunction", "Mail", "Resource", "*"), "HttpApiFunction reaches its own"),
    ("who looks at SES sends by it", in_statement("HttpApiFunction", "LookAtSes", "Action", ["ses:GetSendQuota", "ses:SendEmail"]), "HttpApiFunction"),
    ("a timer that calls anything", in_statement("Timers", "HandMailOver", "Resource", {"Fn::GetAtt": ["Projector", "Arn"]}), "Timers reaches its own"),
    ("who mails reads tokens", in_statement("EmailFallback", "MakeTokens", "Action", ["dynamodb:PutItem", "dynamodb:GetItem"]), "RT# opens"),
    ("who reads mails makes tokens", in_statement("EmailInbound", "KnowTokens", "Action", ["dynamodb:PutItem", "dynamodb:GetItem"]), "RT# opens"),
    ("who reads mails reads every bucket", in_statement("EmailInbound", "ReadMails", "Resource", "*"), "EmailInbound reaches its own"),
    ("who hands files out reads every bucket", in_statement("HttpApiFunction", "HandOutFiles", "Resource", "*"), "HttpApiFunction reaches its own"),
    ("who hands files out writes some", in_statement("HttpApiFunction", "HandOutFiles", "Action", ["s3:GetObject", "s3:PutObject"]), "HttpApiFunction reaches its own"),
    ("mails that nobody looks at for viruses", remove(R, "MailReceiptRule", "Properties", "Rule", "ScanEnabled"), "spam and viruses"),
    ("mails that are kept for ever", remove(R, "MailBucket", "Properties", "LifecycleConfiguration"), "go in the end"),
    ("anybody's mail in the bucket", remove(R, "MailBucketPolicy", "Properties", "PolicyDocument", "Statement", 0, "Condition"), "SES lays this account's"),
    ("any account's SES calls the function", remove(R, "SesCallsEmailInbound", "Properties", "SourceAccount"), "this account's mail alone"),
    ("three readers of the stream", add_resources("AWS::Lambda::EventSourceMapping"), "two readers"),
    ("a second polled queue", lambda t, _s: t[R].update({"More": {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {**properties(t, "TimersMapping"), "EventSourceArn": {"Fn::GetAtt": ["ParkedQueue", "Arn"]}}}}), "one polled queue"),
    ("a queue that forgets what it cannot deliver", remove(R, "TimersQueue", "Properties", "RedrivePolicy"), "kept aside"),
    ("a queue that gives out twice", set_in(20, R, "TimersQueue", "Properties", "VisibilityTimeout"), "given out again"),
    ("what is kept aside is looked at by nobody", remove(R, "SomethingIsParked"), "kept aside rings"),
    ("a sweep that fails in silence", remove(R, "TimersAsynchronously", "Properties", "DestinationConfig"), "invoked asynchronously"),
    ("a schedule that may invoke anything", lambda t, _s: role("Sweep")(t)["Policies"][0]["PolicyDocument"]["Statement"][0].update(Resource="*"), "its target and nothing else"),
    ("another queue", in_statement("Projector", "SetTimersAndPark", "Resource", "arn:aws:sqs:*:*:*"), "Projector reaches its own"),
    ("a reader that is woken by everything", remove(R, "ProjectorMapping", "Properties", "FilterCriteria"), "filters"),
    ("a reader that never gives up", set_in(-1, R, "ProjectorMapping", "Properties", "MaximumRetryAttempts"), "filters"),
    ("a function that borrows a role", set_in({"Fn::GetAtt": ["WsMessageRole", "Arn"]}, R, "WsConnect", "Properties", "Role"), "a role of its own"),
    ("a function that nobody looked at", lambda t, _s: t[R].update({"Spy": t[R]["WsConnect"]}), "work is known"),
    ("an action too many", in_statement("WsDisconnect", "ForgetConnections", "Action", ["dynamodb:DeleteItem", "dynamodb:Scan"]), "WsDisconnect may do exactly"),
    ("an action too few", in_statement("WsConnect", "NoteConnections", "Action", "dynamodb:DeleteItem"), "WsConnect may do exactly"),
    ("all actions", in_statement("WsMessage", "CommitAndRegister", "Action", "dynamodb:*"), "WsMessage may do exactly"),
    ("another table", in_statement("WsMessage", "Read", "Resource", "*"), "WsMessage reaches its own"),
    ("another index", in_statement("WsMessage", "ReadInbox", "Resource", {"Fn::Sub": "${Table.Arn}/index/*"}), "WsMessage reaches its own"),
    ("another stage", in_statement("Projector", "Push", "Resource", {"Fn::Sub": "arn:${AWS::Partition}:execute-api:*:*:*/*/*/@connections/*"}), "Projector reaches its own"),
    ("another function's log", in_statement("Projector", "Log", "Resource", {"Fn::GetAtt": ["WsMessageLogs", "Arn"]}), "Projector reaches its own"),
    ("everything but", in_statement("Projector", "Log", "NotAction", "iam:*"), "Projector reaches its own"),
    ("a managed policy", lambda t, _s: role("WsConnect")(t).update(ManagedPolicyArns=["arn:aws:iam::aws:policy/AdministratorAccess"]), "no policy from elsewhere"),
    ("a role for anybody", lambda t, _s: role("WsConnect")(t)["AssumeRolePolicyDocument"]["Statement"][0].update(Principal="*"), "for Lambda alone"),
    ("every partition", leading_keys("WsMessage", "Read", ["*"]), "WsMessage reaches partitions"),
    ("a partition that is not in the schema", leading_keys("WsMessage", "Read", ["ZZ#*"]), "WsMessage reaches partitions"),
    ("no bound at all", lambda t, _s: statement(t, "WsMessage", "Read").pop("Condition"), "WsMessage reaches partitions"),
    ("who connects reads sessions", leading_keys("WsConnect", "WarmUp", ["SE#*"]), "SE# opens"),
    ("who writes messages makes tickets", leading_keys("WsMessage", "CommitAndRegister", ["C#*", "TK#*"]), "TK# opens"),
    ("who writes messages makes people", leading_keys("WsMessage", "CommitAndRegister", ["C#*", "E#*"]), "E# opens"),
    ("an API that invokes what it does not route to", lambda t, _s: role("Api")(t)["Policies"][0]["PolicyDocument"]["Statement"][0]["Resource"].append({"Fn::GetAtt": ["Projector", "Arn"]}), "APIs may invoke"),
    ("an API that may do more", lambda t, _s: role("Api")(t)["Policies"][0]["PolicyDocument"]["Statement"][0].update(Action="lambda:*"), "nothing else"),
    ("a dashboard in anybody's frame", csp("frame-ancestors 'none';", ""), "nobody frames the dashboard"),
    ("a dashboard in a friend's frame", csp("frame-ancestors 'none'", "frame-ancestors https://example.com"), "nobody frames the dashboard"),
    ("a dashboard in an old browser's frame", lambda t, _s: headers(t, "Dashboard")["SecurityHeadersConfig"].pop("FrameOptions"), "old browser"),
    ("a dashboard with inline scripts", csp("script-src 'self'", "script-src 'self' 'unsafe-inline'"), "own scripts alone"),
    ("a dashboard that any origin reads", lambda t, _s: headers(t, "Dashboard").update(CorsConfig={}), "no other origin"),
    ("headers that nothing bears", lambda t, _s: properties(t, "DashboardDistribution")["DistributionConfig"]["DefaultCacheBehavior"].pop("ResponseHeadersPolicyId"), "bears its headers"),
    ("a dashboard in the clear", lambda t, _s: properties(t, "DashboardDistribution")["DistributionConfig"]["DefaultCacheBehavior"].update(ViewerProtocolPolicy="allow-all"), "over https"),
    ("chunks without CORS", lambda t, _s: headers(t, "Widget").pop("CorsConfig"), "import the widget's chunks"),
    ("chunks for one shop alone", lambda t, _s: headers(t, "Widget")["CorsConfig"]["AccessControlAllowOrigins"].update(Items=["https://a.example"]), "import the widget's chunks"),
    ("chunks with cookies", lambda t, _s: headers(t, "Widget")["CorsConfig"].update(AccessControlAllowCredentials=True), "no cookies"),
    ("a public bucket", lambda t, _s: properties(t, "WidgetBucket")["PublicAccessBlockConfiguration"].update(BlockPublicPolicy=False), "open to nobody"),
    ("a bucket that anybody reads", lambda t, _s: properties(t, "DashboardBucketPolicy")["PolicyDocument"]["Statement"][0].update(Principal="*"), "nobody else do anything"),
    ("a bucket that goes with the stack", remove(R, "WidgetBucket", "DeletionPolicy"), "user pool are kept"),
    ("agents who sign themselves up", set_in({}, R, "UserPool", "Properties", "AdminCreateUserConfig"), "invited"),
    ("an address that is believed", remove(R, "UserPool", "Properties", "UserAttributeUpdateSettings"), "proven before"),
    ("a token in the address", set_in(["code", "implicit"], R, "UserPoolClient", "Properties", "AllowedOAuthFlows"), "by code alone"),
    ("a parameter without a word", source("Parameters", "AlarmEmail", "Description", value=None), "says what it means"),
    ("a parameter for nothing", source("Parameters", "Nothing", value={"Type": "String", "Default": "", "Description": "Something that nobody ever reads"}), "is used"),
    ("an output without a word", source("Outputs", "TableName", "Description", value=None), "output says"),
    ("an alarm without a word", source(R, "WsMessageErrors", "Properties", "AlarmDescription", value=None), "person must look"),
    ("code that lies elsewhere", source(R, "WsMessage", "Properties", "CodeUri", value="target/lambda/ws-connect"), "code lies where"),
    ("a function that nobody packages", source(R, "WsMessage", "Metadata", "BuildProperties", "Binary", value="ws-mesage"), "what is packaged"),
]  # fmt: skip
