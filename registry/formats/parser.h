#pragma once
// All formats behind the registry's port.
#include "registry/schema.h"

namespace muster::registry::formats {

// Safe from any thread.
class FormatsParser final : public SchemaParser {
 public:
  StatusOr<std::shared_ptr<const Schema>> Parse(
      SchemaType type, std::string_view text,
      std::span<const ReferencedSchema> references) const override;
};

}  // namespace muster::registry::formats
