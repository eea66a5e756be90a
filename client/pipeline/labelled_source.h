#pragma once
// A source whose rows have the labels that people gave them later, where the source itself has
// none.
#include <string>

#include "client/pipeline/labels.h"
#include "client/pipeline/source.h"

namespace muster::client {

// For one reading, or many; borrows its source and labels.
class LabelledSource final : public Source {
 public:
  //   label_field  which column the labels are of,
  //   time_field   and which one says when a row was measured; empty: rows have no time, and
  //                nothing is joined.
  LabelledSource(Source& source, const Labels& labels, std::string label_field,
                 std::string time_field)
      : source_(source),
        labels_(labels),
        label_field_(std::move(label_field)),
        time_field_(std::move(time_field)) {}
  std::string_view name() const override { return source_.name(); }
  // As the source; a cell of the label that is null is the label of the row's time, if there is
  // one.
  Status Read(std::span<const std::string> fields, const Take& take) override;

 private:
  Source& source_;
  const Labels& labels_;
  const std::string label_field_;
  const std::string time_field_;
};

}  // namespace muster::client
