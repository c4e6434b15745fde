"""The template as AWS will read it: translated by SAM's own translator, linted, and held to our rules; then the rules held to
mistakes, each of which must be noticed."""

import copy
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["AWS_DEFAULT_REGION"] = "eu-west-1"

import boto3
from mistakes import MISTAKES
from rules import facts
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parents[2]
faults = []


def fact(name, holds, detail=""):
    print(("ok      " if holds else "FAILED  ") + name + (f": {detail}" if detail and not holds else ""))
    if not holds:
        faults.append(name)


def translate(source):
    template = json.loads(json.dumps(source))
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    return Translator({}, Parser(), boto_session=boto3.Session(region_name="eu-west-1")).translate(template, {})


def lint(plain):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(plain, file, indent=1)
        file.flush()
        program = Path(sys.executable).with_name("cfn-lint")
        arguments = ["--format", "parseable", "--ignore-checks", "W3037", "--", file.name]
        return subprocess.run([program, *arguments], capture_output=True, text=True)


source = json.loads(json.dumps(yaml_parse((ROOT / "template.yaml").read_text())))
schema = (ROOT / "shared/aws/src/dynamo/mod.rs").read_text()
packaged = re.search(r"FUNCTIONS: \[&str; \d+\] =\s*\[(.*?)\]", (ROOT / "xtask/src/run.rs").read_text(), re.S)
packaged = re.findall(r'"([^"]+)"', packaged[1])
plain = translate(source)

found = lint(plain)
fact("cfn-lint finds nothing", found.returncode == 0, found.stdout + found.stderr)
for name, holds, detail in facts(plain, source, schema, packaged):
    fact(name, holds, detail)

for what, make, rule in MISTAKES if not faults else []:
    broken, written = copy.deepcopy(plain), copy.deepcopy(source)
    make(broken, written)
    noticed = [name for name, holds, _ in facts(broken, written, schema, packaged) if not holds]
    fact(f"noticed: {what}", any(rule in name for name in noticed), f"by {noticed or 'nothing'} instead of *{rule}*")

print(f"\n{len(faults)} failed" if faults else "\nthe template holds")
sys.exit(1 if faults else 0)
