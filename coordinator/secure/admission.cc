#include "coordinator/secure/admission.h"

#include <algorithm>

namespace muster::coordinator {
namespace secagg = aggregation::secagg;
namespace {

struct Load {
  SessionCut cut;
  std::uint32_t vanish = 0;  // Of the largest session.
  std::uint32_t degree = 0;
  double masks = 0;  // Of all sessions.
};

Load LoadOf(const CampaignSpec& spec) {
  const secagg::CohortRule rule = spec.secure->Rule();
  Load load{CutSessions(spec.plan.selection.select, spec.secure->session), 0, 0, 0};
  const std::uint32_t devices = load.cut.largest;
  const StatusOr<secagg::Parameters> parameters = secagg::FindParameters(rule, devices);
  load.vanish = secagg::PartOf(devices, rule.dropout_ppm);
  load.degree = parameters.ok() ? parameters->degree : devices;
  const double survive = devices - load.vanish;
  load.masks = load.cut.sessions * (survive + load.vanish * std::min<double>(load.degree, survive));
  return load;
}
}  // namespace

double MaskWords(const CampaignSpec& spec, std::uint64_t dim) {
  return LoadOf(spec).masks * static_cast<double>(dim);
}

Status AdmitMasks(const CampaignSpec& spec, std::uint64_t dim, double most_words) {
  const Load load = LoadOf(spec);
  const double words = load.masks * static_cast<double>(dim);
  if (words <= most_words) return Ok();
  return InvalidField(
      "secure.session",
      "{} session(s) of up to {} devices, of which {} may vanish and leave up to {} masks each, "
      "are "
      "{:.0f} masks of {} parameters or {:.3g} words a round; this coordinator takes {:.3g} "
      "(musterd --secure-words): give a smaller secure.session or secure.dropout",
      load.cut.sessions, load.cut.largest, load.vanish, load.degree, load.masks, dim, words,
      most_words);
}

}  // namespace muster::coordinator
