"""The template as AWS will read it: translated by SAM's own translator, linted, and held to our rules."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
faults = []


def fact(name, holds, detail=""):
    print(("ok      " if holds else "FAILED  ") + name + (f": {detail}" if detail and not holds else ""))
    if not holds:
        faults.append(name)


def as_list(value):
    return value if isinstance(value, list) else [value]


source = yaml_parse((ROOT / "template.yaml").read_text())
template = json.loads(json.dumps(source))
for resource in template["Resources"].values():
    if resource["Type"] == "AWS::Serverless::Function":
        resource["Properties"]["CodeUri"] = "s3://bucket/key"
plain = Translator({}, Parser(), boto_session=boto3.Session(region_name="eu-west-1")).translate(template, {})
resources = plain["Resources"]


def of(kind):
    return {name: resource for name, resource in resources.items() if resource["Type"] == kind}


with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
    json.dump(plain, file, indent=1)
lint = subprocess.run(
    [Path(sys.executable).with_name("cfn-lint"), "--format", "parseable", "--ignore-checks", "W3037", "--", file.name],
    capture_output=True, text=True,
)
fact("cfn-lint finds nothing", lint.returncode == 0, lint.stdout + lint.stderr)

functions = of("AWS::Lambda::Function")
fact("all functions are arm64", all(f["Properties"]["Architectures"] == ["arm64"] for f in functions.values()))
fact("no function reserves or provisions concurrency", all("ReservedConcurrentExecutions" not in f["Properties"] for f in functions.values()))
fact("every log group forgets", bool(of("AWS::Logs::LogGroup")) and all("RetentionInDays" in g["Properties"] for g in of("AWS::Logs::LogGroup").values()))
fact("every function logs to a group of its own", all("LogGroup" in f["Properties"].get("LoggingConfig", {}) for f in functions.values()))

(table,) = of("AWS::DynamoDB::Table").values()
fact("the table is kept when the stack goes", table["DeletionPolicy"] == "Retain" and table["UpdateReplacePolicy"] == "Retain")
fact("the table has a stream of both images", table["Properties"]["StreamSpecification"]["StreamViewType"] == "NEW_AND_OLD_IMAGES")
fact("the table can be restored to a point in time", table["Properties"]["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True)
fact("the table sweeps by ttl and bills per use", table["Properties"]["TimeToLiveSpecification"]["AttributeName"] == "ttl" and table["Properties"]["BillingMode"] == "PAY_PER_REQUEST")

by_the_month = {
    "AWS::KMS::Key", "AWS::SecretsManager::Secret", "AWS::EC2::NatGateway", "AWS::EC2::VPCEndpoint", "AWS::ElastiCache::ReplicationGroup",
    "AWS::RDS::DBInstance", "AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::Lambda::Version", "AWS::WAFv2::WebACL",
}
fact("nothing bills by the hour or the month", not any(r["Type"] in by_the_month for r in resources.values()))
fact("at most ten alarms", len(of("AWS::CloudWatch::Alarm")) <= 10)
fact("at most two readers of the stream", len(of("AWS::Lambda::EventSourceMapping")) <= 2)

# A36: a role reaches its own table, stage and log group, and does what its function does.
ACTIONS = {
    "WsConnectRole": {"dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem"},
    "WsMessageRole": {"dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem", "execute-api:ManageConnections"},
    "WsDisconnectRole": {"dynamodb:DeleteItem"},
    "HttpApiFunctionRole": {"dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem", "execute-api:ManageConnections"},
    "ProjectorRole": {
        "dynamodb:DeleteItem", "dynamodb:DescribeStream", "dynamodb:GetItem", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams",
        "dynamodb:Query", "execute-api:ManageConnections",
    },
}
LOGS = {"logs:CreateLogStream", "logs:PutLogEvents"}
for name, expected in ACTIONS.items():
    properties = resources[name]["Properties"]
    statements = [s for policy in properties["Policies"] for s in as_list(policy["PolicyDocument"]["Statement"])]
    actions = {action for s in statements for action in as_list(s["Action"])}
    fact(f"a_36 {name} may do exactly what its function does", actions == expected | LOGS, f"{sorted(actions ^ (expected | LOGS))}")
    def reaches(statement):
        """Only this table, its index and stream; this API's stage; this function's own log group."""
        own = {
            "dynamodb": lambda r: r in ({"Fn::GetAtt": ["Table", "Arn"]}, {"Fn::GetAtt": ["Table", "StreamArn"]}, {"Fn::Sub": "${Table.Arn}/index/inbox"}),
            "execute-api": lambda r: isinstance(r, dict) and "${WebSocketApi}/ws/" in str(r.get("Fn::Sub")),
            "logs": lambda r: r == {"Fn::GetAtt": [name.removesuffix("Role") + "Logs", "Arn"]},
        }
        # Listing streams knows no resource.
        listing = as_list(statement["Action"]) == ["dynamodb:ListStreams"] and statement["Resource"] == "*"
        return listing or all(own[action.split(":")[0]](r) for action in as_list(statement["Action"]) for r in as_list(statement["Resource"]))

    strays = [s["Sid"] for s in statements if s["Effect"] != "Allow" or not reaches(s)]
    fact(f"a_36 {name} reaches its own table, stage and log group alone", not strays and "ManagedPolicyArns" not in properties, f"{strays}")
    # A leading key bounds each action on the table to the partitions of its kind; the index holds heads alone.
    unbound = [
        s["Sid"] for s in statements
        if s["Resource"] == {"Fn::GetAtt": ["Table", "Arn"]} and not s.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys")
    ]
    fact(f"a_36 {name} reaches the partitions of its work alone", not unbound, f"{unbound}")

roles_used = {json.dumps(f["Properties"]["Role"]) for f in functions.values()}
fact("a_36 every function has a role of its own, and each is checked here", roles_used == {json.dumps({"Fn::GetAtt": [name, "Arn"]}) for name in ACTIONS})

print(f"\n{len(faults)} failed" if faults else "\nthe template holds")
sys.exit(1 if faults else 0)
