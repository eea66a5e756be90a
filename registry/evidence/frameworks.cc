#include "registry/evidence/frameworks.h"

#include <array>

namespace muster::registry::evidence {
namespace {
constexpr std::string_view kAct = "EU AI Act", kNist = "NIST AI RMF 1.0",
                           kSecurity = "ISO/IEC 27001:2022", kManagement = "ISO/IEC 42001:2023";

constexpr std::array kModel = {
    Clause{kAct, "Annex IV 1(a)", "purpose, name and version of the system"},
    Clause{kNist, "MAP 2.1", "the task and the method are defined"},
    Clause{kManagement, "A.6.2.7", "technical documentation"}};
constexpr std::array kIdentity = {
    Clause{kAct, "Annex IV 1(c)", "versions of the software"},
    Clause{kNist, "GOVERN 1.6", "an inventory of systems"},
    Clause{kSecurity, "A.8.24", "use of cryptography: digests and signatures"}};
constexpr std::array kData = {
    Clause{kAct, "Annex IV 2(d)", "data requirements, provenance and scope"},
    Clause{kNist, "MAP 2.3", "data collection and suitability"},
    Clause{kManagement, "A.7.5", "provenance of data"},
    Clause{kManagement, "A.7.4", "quality of data"}};
constexpr std::array kTraining = {
    Clause{kAct, "Annex IV 2(a)", "methods and steps of development"},
    Clause{kAct, "Annex IV 2(b)", "design and key choices"},
    Clause{kNist, "MEASURE 2.9", "the model is explained and documented"},
    Clause{kManagement, "A.6.2.3", "documentation of design and development"}};
constexpr std::array kPrivacy = {
    Clause{kAct, "Annex IV 2(h)", "cybersecurity measures"},
    Clause{kNist, "MEASURE 2.10", "privacy risk"},
    Clause{kSecurity, "A.5.34", "privacy and protection of personal data"}};
constexpr std::array kResults = {Clause{kAct, "Annex IV 2(g)", "validation and testing, metrics"},
                                 Clause{kAct, "Annex IV 4", "appropriateness of the metrics"},
                                 Clause{kNist, "MEASURE 2.3", "performance is measured"},
                                 Clause{kManagement, "A.6.2.4", "verification and validation"}};
constexpr std::array kSlices = {Clause{kAct, "Annex IV 2(g)", "potentially discriminatory impacts"},
                                Clause{kNist, "MEASURE 2.11", "fairness and bias"}};
constexpr std::array kEnergy = {Clause{kNist, "MEASURE 2.12", "environmental impact"},
                                Clause{kAct, "Annex XI 1(2)(e)", "energy consumption"}};
constexpr std::array kDevice = {
    Clause{kAct, "Article 12", "traceability of the system's use"},
    Clause{kNist, "MANAGE 4.1", "post-deployment monitoring"},
    Clause{kSecurity, "A.8.9", "configuration management: what runs where"},
    Clause{kManagement, "A.6.2.8", "recording of event logs"}};
constexpr std::array kHistory = {Clause{kAct, "Article 12", "automatic recording of events"},
                                 Clause{kAct, "Annex IV 6", "changes through the lifecycle"},
                                 Clause{kNist, "MANAGE 4.1", "change management and monitoring"},
                                 Clause{kSecurity, "A.8.15", "logging"},
                                 Clause{kSecurity, "A.8.32", "change management"},
                                 Clause{kManagement, "A.6.2.8", "recording of event logs"}};

struct Entry {
  std::string_view prefix;
  std::span<const Clause> clauses;
};
constexpr std::array<Entry, 16> kEntries = {{{"device.", kDevice},
                                             {"model.", kModel},
                                             {"model.params", kIdentity},
                                             {"model.module", kIdentity},
                                             {"model.parent", kTraining},
                                             {"model.author", kHistory},
                                             {"model.created", kHistory},
                                             {"data.", kData},
                                             {"training.", kTraining},
                                             {"privacy.", kPrivacy},
                                             {"results.", kResults},
                                             {"results.energy", kEnergy},
                                             {"slices.", kSlices},
                                             {"history", kHistory},
                                             {"training.applied", kHistory},
                                             {"data.agreed", kHistory}}};
}  // namespace

std::span<const Clause> ClausesOf(std::string_view key) {
  const Entry* best = nullptr;
  for (const Entry& entry : kEntries)
    if (key.starts_with(entry.prefix) &&
        (best == nullptr || entry.prefix.size() > best->prefix.size()))
      best = &entry;
  return best == nullptr ? std::span<const Clause>() : best->clauses;
}

}  // namespace muster::registry::evidence
