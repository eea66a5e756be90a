"""A schema registry through confluent-kafka's client, as it comes: confluent_client.py URL. Run by the
Python that Debian's package belongs to; says what failed and exits with 1."""
import json
import sys

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError


def record(*fields):
    return json.dumps({"type": "record", "name": "Row", "fields": list(fields)})


HEAT = {"name": "heat", "type": "double"}
WITH_DEFAULT = record(HEAT, {"name": "site", "type": "string", "default": ""})
WITHOUT_DEFAULT = record(HEAT, {"name": "site", "type": "string"})


def refused(call, code):
    """`call` fails with Confluent's error code."""
    try:
        call()
    except SchemaRegistryError as error:
        assert error.error_code == code, (error.error_code, code, str(error))
        return error
    raise AssertionError(f"nothing was refused; {code} was expected")


def main(url):
    client = SchemaRegistryClient({"url": url})
    refused(lambda: client.get_latest_version("rows-value"), 40401)
    first = client.register_schema("rows-value", Schema(record(HEAT), "AVRO"))
    assert client.register_schema("rows-value", Schema(record(HEAT), "AVRO")) == first
    assert client.get_subjects() == ["rows-value"]
    assert json.loads(client.get_schema(first).schema_str)["name"] == "Row"

    # Compatibility is judged by the real rules.
    latest = client.get_latest_version("rows-value")
    assert (latest.version, latest.schema_id) == (1, first)
    assert client.test_compatibility("rows-value", Schema(WITH_DEFAULT, "AVRO"))
    assert not client.test_compatibility("rows-value", Schema(WITHOUT_DEFAULT, "AVRO"))
    refused(lambda: client.register_schema("rows-value", Schema(WITHOUT_DEFAULT, "AVRO")), 40901)
    second = client.register_schema("rows-value", Schema(WITH_DEFAULT, "AVRO"))
    assert second != first and client.get_versions("rows-value") == [1, 2]
    found = client.lookup_schema("rows-value", Schema(record(HEAT), "AVRO"))
    assert (found.version, found.schema_id) == (1, first)

    assert client.get_compatibility() == "BACKWARD"
    client.set_compatibility("rows-value", "NONE")
    assert client.get_compatibility("rows-value") == "NONE"
    client.register_schema("rows-value", Schema(WITHOUT_DEFAULT, "AVRO"))

    # The other formats.
    client.register_schema("json-value", Schema('{"type": "object", "properties": {"a": {"type": "number"}}}', "JSON"))
    client.register_schema("proto-value", Schema('syntax = "proto3"; message Row { double heat = 1; }', "PROTOBUF"))
    assert client.get_latest_version("proto-value").schema.schema_type == "PROTOBUF"
    refused(lambda: client.register_schema("json-value", Schema('{"type": 5}', "JSON")), 42201)

    # Deleted is deleted, and numbers are not used again.
    assert client.delete_version("rows-value", 3) == 3
    refused(lambda: client.get_version("rows-value", 3), 40402)
    assert client.delete_subject("rows-value") == [1, 2]
    refused(lambda: client.get_versions("rows-value"), 40401)
    assert client.get_subjects() == ["json-value", "proto-value"]
    print("confluent-kafka is content")


if __name__ == "__main__":
    main(sys.argv[1])
