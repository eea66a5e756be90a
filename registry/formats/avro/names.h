#pragma once
// Names of Avro: what is one, and which type a name means where it stands. Specification 1.11,
// "Names". Strict as the specification is: ASCII letters, digits and '_', also in namespaces.
#include <string>
#include <string_view>

#include "registry/formats/avro/node.h"

namespace muster::registry::formats::avro {

bool IsName(std::string_view text);  // One part, without dots.

// `text` as the name of a type that stands in namespace `space`; with a dot it brings its own, and
// ".X" is X of no namespace. INVALID_ARGUMENT (SCHEMA_INVALID) at `path` when a part is no name.
StatusOr<Name> ParseName(std::string_view text, std::string_view space, std::string_view path);

// A namespace that is spelled out; empty is none.
Status CheckNamespace(std::string_view space, std::string_view path);

// The named type that `text` means in `space`: of the same namespace first, then of none; null
// when there is no such type.
const Node* Resolve(const Graph& graph, std::string_view text, std::string_view space);

// The shortest text that means `name` in `space`: what Resolve takes back to it.
std::string Mention(const Graph& graph, const Name& name, std::string_view space);
// The same for an alias: nothing is looked up for it.
std::string MentionAlias(const Name& alias, std::string_view space);

}  // namespace muster::registry::formats::avro
