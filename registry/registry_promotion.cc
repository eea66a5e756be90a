// The registry's use cases about aliases and about versions that are there.
#include <algorithm>

#include "base/nearest.h"
#include "registry/registry.h"

namespace muster::registry {
namespace {

const AliasMoved* MoveIn(const ModelFacts& facts) {
  for (const ModelFact& fact : facts)
    if (const auto* moved = std::get_if<AliasMoved>(&fact)) return moved;
  return nullptr;
}

const PromotionRefused* RefusedIn(const ModelFacts& facts) {
  for (const ModelFact& fact : facts)
    if (const auto* refused = std::get_if<PromotionRefused>(&fact)) return refused;
  return nullptr;
}

VersionNumber PointedAt(const ModelState& state, const std::string& alias) {
  const auto it = state.aliases.find(alias);
  return it == state.aliases.end() ? VersionNumber() : it->second;
}

// The moves of one alias, each with its end.
void AddMoves(const std::string& alias, const AliasMoves& moves, std::vector<MoveView>& out) {
  for (std::size_t i = 0; i < moves.size(); ++i) {
    out.push_back({alias, moves[i], {}});
    if (i + 1 < moves.size()) out.back().until = moves[i + 1].at;
  }
}

VersionView ViewOf(const ModelState& state, VersionNumber version) {
  return {*state.Find(version), state.notes[version.value() - 1], state.AliasesOf(version)};
}
}  // namespace

StatusOr<ModelEvent> Registry::EventOf(const ModelState& state, const MoveRequest& request, How how,
                                       const Caller& by) const {
  PromoteVersion event{how, request.alias, request.version, request.override_reason,
                       {},  roles_,        by.Text()};
  if (how == How::kRollback && event.version.value() == 0) {
    event.version = RollbackTarget(state.HistoryOf(request.alias));
    if (event.version.value() == 0)
      return WithReason(NotFound("'{}' pointed nowhere before, so there is nothing to go back to",
                                 request.alias.substr(0, 80)),
                        Reason::kRESOURCE_NOT_FOUND);
  }
  for (const VersionNumber number : {event.version, PointedAt(state, request.alias)}) {
    const ModelVersion* version = number.value() == 0 ? nullptr : state.Find(number);
    const auto contract = version == nullptr ? nullptr : contracts_.Find(version->contract);
    if (contract == nullptr) continue;
    if (const ContractVersion* read = contract->Find(version->contract_version))
      event.contracts[read->version] = *read;
  }
  return event;
}

StatusOr<Promotion> Registry::Move(const MoveRequest& request, How how, const Caller& by) {
  MUSTER_TRY(Require(request.model).status());
  MUSTER_ASSIGN(const auto changed,
                models_.Change(request.model, request.dry_run, [&](const ModelState& state) {
                  return EventOf(state, request, how, by);
                }));
  Promotion out;
  out.alias = request.alias;
  out.version = request.version;
  out.from = PointedAt(*changed.before, request.alias);
  if (const AliasMoved* moved = MoveIn(changed.facts)) {
    out.outcome = Promotion::Outcome::kMoved;
    out.version = moved->version;
    out.verdicts = moved->verdicts;
    out.overridden = !moved->override_reason.empty();
  }
  if (const PromotionRefused* refused = RefusedIn(changed.facts)) {
    out.outcome = Promotion::Outcome::kRefused;
    out.version = refused->version;
    out.verdicts = refused->verdicts;
    out.reason = refused->reason;
  }
  if (!request.dry_run && out.outcome != Promotion::Outcome::kUnchanged)
    log_.Info(out.reason ? "promotion_refused" : "alias_moved", {{"model", request.model},
                                                                 {"alias", request.alias},
                                                                 {"version", out.version},
                                                                 {"how", NameOf(how)},
                                                                 {"overridden", out.overridden},
                                                                 {"by", by.Text()}});
  return out;
}

StatusOr<Promotion> Registry::Promote(const MoveRequest& request, const Caller& by) {
  if (request.version.value() == 0) return InvalidField("version", "is missing");
  return Move(request, How::kPromotion, by);
}

StatusOr<Promotion> Registry::Rollback(const MoveRequest& request, const Caller& by) {
  return Move(request, How::kRollback, by);
}

StatusOr<VersionView> Registry::SetAlias(const MoveRequest& request, const Caller& by) {
  MUSTER_TRY(Require(request.model).status());
  MUSTER_ASSIGN(
      const auto changed,
      models_.Change(request.model, false, [&](const ModelState& state) -> StatusOr<ModelEvent> {
        if (state.Guards(request.alias)) return EventOf(state, request, How::kPromotion, by);
        return MoveAlias{request.alias, request.version, by.Text()};
      }));
  MUSTER_TRY(RefusalIn(changed.facts));
  if (MoveIn(changed.facts) != nullptr)
    log_.Info("alias_moved", {{"model", request.model},
                              {"alias", request.alias},
                              {"version", request.version},
                              {"by", by.Text()}});
  // Taken away: the version it did point at.
  const ModelState& told = request.version.value() == 0 ? *changed.before : *changed.after;
  return ViewOf(*changed.after, told.Find(request.alias)->version);
}

StatusOr<VersionView> Registry::Note(const ModelName& model, VersionNumber version,
                                     const ModelEvent& event) {
  MUSTER_TRY(Require(model).status());
  MUSTER_ASSIGN(const auto changed, models_.Change(model, false, [&](const ModelState&) {
    return StatusOr<ModelEvent>(event);
  }));
  MUSTER_TRY(RefusalIn(changed.facts));
  return ViewOf(*changed.after, version);
}

StatusOr<VersionView> Registry::Approve(const ModelName& model, VersionNumber version,
                                        const std::string& comment, const Caller& by) {
  return Note(model, version, ApproveVersion{version, comment, roles_, by.Text()});
}

StatusOr<VersionView> Registry::Certify(const ModelName& model, VersionNumber version,
                                        const std::string& hardware, const Caller& by) {
  return Note(model, version, CertifyVersion{version, hardware, roles_, by.Text()});
}

StatusOr<VersionView> Registry::Measure(const ModelName& model, VersionNumber version,
                                        const Measurements& measured, const Caller& by) {
  return Note(model, version, MeasureVersion{version, measured, by.Text()});
}

StatusOr<VersionView> Registry::Refer(const ModelName& model, VersionNumber version,
                                      const MonitorName& monitor, const Digest& reference,
                                      const ReferenceExtent& extent, const Caller& by) {
  MUSTER_ASSIGN(const bool there, blobs_.Has(reference));
  if (!there)
    return WithReason(FailedPrecondition("there is no blob {}", reference.ToString()),
                      Reason::kBLOB_NOT_FOUND);
  return Note(model, version, ReferToVersion{version, monitor, reference, extent, by.Text()});
}

StatusOr<VersionView> Registry::Tag(const ModelName& model, VersionNumber version,
                                    const std::map<std::string, std::string>& set,
                                    const std::vector<std::string>& remove, const Caller& by) {
  return Note(model, version, TagVersion{version, set, remove, by.Text()});
}

StatusOr<std::vector<MoveView>> Registry::GetAliasHistory(const HistoryRequest& request) const {
  MUSTER_ASSIGN(const ModelSnapshot model, Require(request.model));
  std::vector<MoveView> out;
  std::vector<std::string> names;
  for (const auto& [alias, moves] : model->history) {
    names.push_back(alias);
    if (!request.alias.empty() && alias != request.alias) continue;
    std::vector<MoveView> own;
    AddMoves(alias, moves, own);
    if (request.at) {
      const AliasMove* held = HeldAt(moves, *request.at);
      own = held == nullptr ? std::vector<MoveView>() : std::vector{own[held - moves.data()]};
    }
    out.insert(out.end(), own.begin(), own.end());
  }
  if (!request.alias.empty() && !model->history.contains(request.alias))
    return WithReason(NotFound("model {} never had an alias '{}'{}", request.model.value(),
                               request.alias.substr(0, 80), DidYouMean(request.alias, names)),
                      Reason::kRESOURCE_NOT_FOUND);
  std::stable_sort(out.begin(), out.end(),
                   [](const MoveView& a, const MoveView& b) { return a.move.at < b.move.at; });
  const std::size_t most = request.most == 0 ? kMostMoves : std::min(request.most, kMostMoves);
  if (out.size() > most) out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(most));
  return out;
}

}  // namespace muster::registry
