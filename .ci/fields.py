#!/usr/bin/env python3
"""Prints docs/fields.md: every field of the definitions in crds/, with its type and description. Needs PyYAML."""
import glob
import os
import yaml

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")


def kind_of(schema):
    if schema.get("x-kubernetes-int-or-string"):
        return "integer or text"
    if "enum" in schema:
        return "one of " + ", ".join(f"`{value}`" for value in schema["enum"])
    kind = schema.get("type", "any")
    if kind == "array":
        return "list of " + kind_of(schema["items"]).replace("text", "texts").replace("object", "objects")
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return "map of " + kind_of(schema["additionalProperties"]).replace("text", "texts")
    names = {"string": "text", "boolean": "true/false", "number": "number", "integer": "integer"}
    return names.get(kind, kind)


def bounds_of(schema):
    words = {
        "minLength": "at least {} characters", "maxLength": "at most {} characters", "minimum": "at least {}",
        "maximum": "at most {}", "minItems": "at least {} items", "maxItems": "at most {} items",
    }
    # That a text may not be empty goes without saying.
    said = lambda key: key in schema and (key not in ("minLength", "minItems") or schema[key] > 1)
    parts = [text.format(schema[key]) for key, text in words.items() if said(key)]
    if "default" in schema:
        parts.append(f"default `{schema['default']}`")
    return "; ".join(parts)


def rows(schema, path, required):
    for name, field in schema.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        kind = kind_of(field) + (", required" if name in required else "")
        text = " ".join((field.get("description") or "").split()).replace("|", "\\|")
        limits = bounds_of(field)
        yield f"| `{here}` | {kind} | {text}{f' ({limits})' if limits else ''} |"
        inner = field.get("items", field)
        suffix = "[]" if "items" in field else ""
        if isinstance(inner.get("additionalProperties"), dict):
            inner, suffix = inner["additionalProperties"], suffix + ".*"
        yield from rows(inner, here + suffix, inner.get("required", []))


def main():
    print("# Every field")
    print()
    print("Made from `crds/` by `.ci/check-chart --fix`: what `kubectl explain` shows, on one page. [reference.md](reference.md)")
    print("explains how they belong together. `[]` stands for each item of a list, `.*` for each value of a map.")
    for path in sorted(glob.glob(os.path.join(ROOT, "crds", "holdfast.dev_*.yaml"))):
        with open(path, encoding="utf-8") as file:
            definition = yaml.safe_load(file)
        for version in definition["spec"]["versions"]:
            schema = version["schema"]["openAPIV3Schema"]
            print(f"\n## {definition['spec']['names']['kind']} ({definition['spec']['group']}/{version['name']})\n")
            if schema.get("description"):
                print(" ".join(schema["description"].split()) + "\n")
            print("| field | type | meaning |\n| --- | --- | --- |")
            for part in ("spec", "status"):
                inner = schema["properties"].get(part, {})
                for row in rows(inner, part, inner.get("required", [])):
                    print(row)


if __name__ == "__main__":
    main()
