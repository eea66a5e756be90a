// Judges a bill of materials by CycloneDX's own JSON schema for 1.6, with ajv: cyclonedx.mjs FILE
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.MUSTER_INTEROP ?? process.cwd()}/`);
const Ajv = require("ajv").default;
const formats = require("ajv-formats").default;

const folder = `${process.env.MUSTER_INTEROP}/node_modules/@cyclonedx/cyclonedx-library/res/schema`;
const read = (name) => JSON.parse(readFileSync(`${folder}/${name}`, "utf8"));
const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: true });
formats(ajv);
ajv.addFormat("iri-reference", true);
ajv.addFormat("idn-email", true);
ajv.addSchema(read("spdx.SNAPSHOT.schema.json"), "http://cyclonedx.org/schema/spdx.SNAPSHOT.schema.json");
ajv.addSchema(read("jsf-0.82.SNAPSHOT.schema.json"), "http://cyclonedx.org/schema/jsf-0.82.SNAPSHOT.schema.json");
const validate = ajv.compile(read("bom-1.6.SNAPSHOT.schema.json"));
if (!validate(JSON.parse(readFileSync(process.argv[2], "utf8")))) {
  console.error(JSON.stringify(validate.errors, null, 1));
  process.exit(1);
}
console.log("valid CycloneDX 1.6");
