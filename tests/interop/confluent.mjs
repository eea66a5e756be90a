// A schema registry through Confluent's JavaScript client, as it comes: confluent.mjs URL
import { createRequire } from "node:module";
import assert from "node:assert/strict";

const require = createRequire(`${process.env.MUSTER_INTEROP}/`);
const { SchemaRegistryClient, Compatibility } = require("@confluentinc/schemaregistry");

const client = new SchemaRegistryClient({ baseURLs: [process.argv[2]] });
const row = (...fields) => ({ schemaType: "AVRO", schema: JSON.stringify({ type: "record", name: "Row", fields }) });
const heat = { name: "heat", type: "double" };
const site = { name: "site", type: "string" };

const first = await client.register("js-value", row(heat));
assert.equal(await client.register("js-value", row(heat)), first);
assert.deepEqual(await client.getAllVersions("js-value"), [1]);
assert.ok((await client.getAllSubjects()).includes("js-value"));
assert.equal((await client.getLatestSchemaMetadata("js-value")).id, first);
assert.equal(await client.testSubjectCompatibility("js-value", row(heat, { ...site, default: "" })), true);
assert.equal(await client.testSubjectCompatibility("js-value", row(heat, site)), false);
await assert.rejects(client.register("js-value", row(heat, site)), (e) => e.status === 409 || e.errorCode === 409);
await client.updateCompatibility("js-value", Compatibility.NONE);
assert.equal(await client.getCompatibility("js-value"), "NONE");
assert.ok((await client.register("js-value", row(heat, site))) > first);
assert.deepEqual(await client.deleteSubject("js-value"), [1, 2]);
await assert.rejects(client.getAllVersions("js-value"), (e) => e.status === 404);
console.log("@confluentinc/schemaregistry is content");
