// The use cases about aliases and about versions that are there, over a journal.
#include <gmock/gmock.h>

#include <functional>

#include "base/seeded.h"
#include "tests/unit/registry/gates_fixture.h"

namespace muster::registry {
namespace {
using absl::StatusCode;
using Outcome = Promotion::Outcome;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class RegistryPromotion : public ::testing::Test {
 protected:
  RegistryPromotion() {
    ModelSpec spec = EngineModel();
    spec.gates = MetricGates();
    EXPECT_TRUE(registry_->ApplyContract(EngineContract(), false, maker_).ok());
    EXPECT_TRUE(registry_->ApplyModel(spec, {}, maker_).ok());
    for (const double rmse : {14, 13, 15}) EXPECT_TRUE(Create(rmse).ok());
  }
  static Gates MetricGates() {
    Gates gates;
    gates.metric = MetricGate{"rmse", Better::kLower, "", 0, {}};
    gates.contract = true;
    return gates;
  }
  std::unique_ptr<Registry> Start(Roles roles = {}) {
    return std::make_unique<Registry>(journal_, blobs_, clock_, log_, std::move(roles));
  }
  std::unique_ptr<Registry> Recovered(Roles roles = {}) {
    auto registry = Start(std::move(roles));
    const Status recovered = registry->Recover();
    EXPECT_TRUE(recovered.ok()) << recovered;
    return registry;
  }
  StatusOr<VersionView> Create(double rmse) {
    return registry_->CreateVersion(
        {engine_, *blobs_.Put(ParamsFile(static_cast<float>(rmse))), {}, Rmse(rmse)}, maker_);
  }
  MoveRequest To(std::uint64_t version) const {
    MoveRequest request;
    request.model = engine_;
    request.version = VersionNumber(version);
    return request;
  }
  Outcome Promote(std::uint64_t version) {
    const auto done = registry_->Promote(To(version), pat_);
    EXPECT_TRUE(done.ok()) << done.status();
    return done->outcome;
  }
  std::uint64_t Champion() {
    const auto version = registry_->Resolve(engine_, "champion");
    return version.ok() ? version->version.value() : 0;
  }
  std::size_t Rows() {
    std::size_t rows = 0;
    EXPECT_TRUE(journal_
                    .Read("model/turbofan", 0,
                          [&](const JournalRow&) {
                            ++rows;
                            return Ok();
                          })
                    .ok());
    return rows;
  }

  std::function<Status(std::string_view)> fault_;
  muster::testing::MemoryJournal journal_{
      [this](std::string_view op) { return fault_ ? fault_(op) : Ok(); }};
  muster::testing::MemoryBlobs blobs_;
  ManualClock clock_{Noon()};
  NullLogger log_;
  const Caller maker_ = Caller::Operator("maker"), pat_ = Caller::Operator("pat");
  const ModelName engine_{"turbofan"};
  std::unique_ptr<Registry> registry_ = Start();
};

TEST_F(RegistryPromotion, MovesWhatPassesAndTellsEachVerdict) {
  const auto first = registry_->Promote(To(1), pat_);
  ASSERT_OK(first.status());
  EXPECT_EQ(first->outcome, Outcome::kMoved);
  EXPECT_EQ(first->from, VersionNumber());
  EXPECT_THAT(first->verdicts, SizeIs(2));
  const auto second = registry_->Promote(To(2), pat_);
  ASSERT_OK(second.status());
  EXPECT_EQ(second->from, VersionNumber(1));
  EXPECT_THAT(second->verdicts[0].reason, HasSubstr("1 better than 14 of version 1"));
  EXPECT_THAT(second->verdicts[1].reason, HasSubstr("as the version in place does"));
  EXPECT_EQ(Champion(), 2u);
  EXPECT_EQ(Promote(2), Outcome::kUnchanged);
}

TEST_F(RegistryPromotion, ARefusalIsRecordedAndChangesNothing) {
  EXPECT_EQ(Promote(2), Outcome::kMoved);
  const std::size_t rows = Rows();
  const auto refused = registry_->Promote(To(3), pat_);
  ASSERT_OK(refused.status());
  EXPECT_EQ(refused->outcome, Outcome::kRefused);
  EXPECT_EQ(refused->reason, Reason::kGATE_REFUSED);
  EXPECT_FALSE(refused->verdicts[0].passed);
  EXPECT_EQ(Rows(), rows + 1);
  EXPECT_EQ(Champion(), 2u);
  ExpectRefused(registry_->SetAlias(To(3), pat_).status(), StatusCode::kFailedPrecondition,
                Reason::kGATE_REFUSED, "");
  EXPECT_EQ(Rows(), rows + 2);
  EXPECT_EQ(Champion(), 2u);
  EXPECT_EQ(Recovered()->Resolve(engine_, "champion")->version, VersionNumber(2));
}

TEST_F(RegistryPromotion, ADryRunJudgesAndRecordsNothing) {
  EXPECT_EQ(Promote(2), Outcome::kMoved);
  const std::size_t rows = Rows();
  MoveRequest request = To(3);
  request.dry_run = true;
  EXPECT_EQ(registry_->Promote(request, pat_)->outcome, Outcome::kRefused);
  request.override_reason = "to see";
  const auto overridden = registry_->Promote(request, pat_);
  EXPECT_EQ(overridden->outcome, Outcome::kMoved);
  EXPECT_TRUE(overridden->overridden);
  EXPECT_EQ(Rows(), rows);
  EXPECT_EQ(Champion(), 2u);
}

TEST_F(RegistryPromotion, WhatIsMissingIsNotFoundWithoutARow) {
  const std::size_t rows = Rows();
  ExpectRefused(registry_->Promote(To(9), pat_).status(), StatusCode::kNotFound,
                Reason::kRESOURCE_NOT_FOUND, "");
  ExpectInvalid(registry_->Promote(To(0), pat_).status(), "version");
  ExpectRefused(registry_->SetAlias(To(9), pat_).status(), StatusCode::kNotFound,
                Reason::kRESOURCE_NOT_FOUND, "");
  ExpectRefused(registry_->Rollback(To(0), pat_).status(), StatusCode::kNotFound,
                Reason::kRESOURCE_NOT_FOUND, "");
  MoveRequest other = To(1);
  other.model = ModelName("turbofam");
  for (const Status& status :
       {registry_->Promote(other, pat_).status(), registry_->SetAlias(other, pat_).status(),
        registry_->Rollback(other, pat_).status(),
        registry_->Approve(other.model, VersionNumber(1), "", pat_).status(),
        registry_->GetAliasHistory({other.model, "", {}, 0}).status()}) {
    ExpectRefused(status, StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND, "");
    EXPECT_THAT(std::string(MessageOf(status)), HasSubstr("did you mean 'turbofan'?"));
  }
  EXPECT_EQ(Rows(), rows);
}

TEST_F(RegistryPromotion, ARollbackGoesBackToWhatWasThereBefore) {
  for (const std::uint64_t version : {1, 2}) EXPECT_EQ(Promote(version), Outcome::kMoved);
  const auto back = registry_->Rollback(To(0), pat_);
  ASSERT_OK(back.status());
  EXPECT_EQ(back->version, VersionNumber(1));
  EXPECT_EQ(Champion(), 1u);
  ExpectRefused(registry_->Rollback(To(0), pat_).status(), StatusCode::kNotFound,
                Reason::kRESOURCE_NOT_FOUND, "");
  EXPECT_EQ(registry_->Rollback(To(2), pat_)->outcome, Outcome::kMoved);  // It was there once.
  ExpectRefused(registry_->Rollback(To(3), pat_).status(), StatusCode::kNotFound,
                Reason::kRESOURCE_NOT_FOUND, "");
}

TEST_F(RegistryPromotion, RolesComeFromTheListAndOutliveNoRestartWithoutIt) {
  EXPECT_EQ(Promote(2), Outcome::kMoved);
  registry_ = Recovered(*Roles::Make({{"release-manager", {"cy"}}}));
  MoveRequest request = To(3);
  request.override_reason = "incident 42";
  const auto refused = registry_->Promote(request, pat_);
  ASSERT_OK(refused.status());
  EXPECT_EQ(refused->reason, Reason::kROLE_MISSING);
  EXPECT_EQ(refused->verdicts.back().gate, "override");
  ModelSpec loose = EngineModel();
  ExpectRefused(registry_->ApplyModel(loose, {}, pat_).status(), StatusCode::kPermissionDenied,
                Reason::kROLE_MISSING, "");
  EXPECT_EQ(registry_->Promote(request, Caller::Operator("cy"))->outcome, Outcome::kMoved);
}

TEST_F(RegistryPromotion, AnApprovalByTheAuthorIsRefusedAndRecordedAsThat) {
  const std::size_t rows = Rows();
  ExpectRefused(registry_->Approve(engine_, VersionNumber(1), "mine", maker_).status(),
                StatusCode::kPermissionDenied, Reason::kAPPROVAL_BY_AUTHOR, "");
  EXPECT_EQ(Rows(), rows + 1);
  const auto approved = registry_->Approve(engine_, VersionNumber(1), "fine", pat_);
  ASSERT_OK(approved.status());
  EXPECT_THAT(approved->notes.approvals, ElementsAre(Approval{"operator/pat", Noon(), "fine"}));
}

TEST_F(RegistryPromotion, NotesAreThereAfterARestart) {
  ASSERT_OK(registry_->Approve(engine_, VersionNumber(1), "fine", pat_).status());
  ASSERT_OK(registry_->Certify(engine_, VersionNumber(1), "x86-64", pat_).status());
  ASSERT_OK(registry_->Tag(engine_, VersionNumber(1), {{"env", "prod"}}, {}, pat_).status());
  ASSERT_OK(registry_
                ->Measure(engine_, VersionNumber(1),
                          {.slices = {{"a", {{"rmse", 1}}}, {"b", {{"rmse", 2}}}}}, pat_)
                .status());
  const auto again = Recovered();
  const VersionView now = *registry_->GetVersion(engine_, VersionNumber(1));
  const VersionView then = *again->GetVersion(engine_, VersionNumber(1));
  EXPECT_EQ(now.notes, then.notes);
  EXPECT_EQ(now.version, then.version);
  EXPECT_EQ(then.notes.tags.at("env"), "prod");
}

TEST_F(RegistryPromotion, AClockThatGoesBackwardsIsRefusedUntilItHasCaughtUp) {
  EXPECT_EQ(Promote(1), Outcome::kMoved);
  clock_.Advance(-std::chrono::minutes(5));
  const std::size_t rows = Rows();
  const Status refused = registry_->Promote(To(2), pat_).status();
  ExpectRefused(refused, StatusCode::kFailedPrecondition, Reason::kCLOCK_BACKWARDS, "");
  ExpectRefused(registry_->Approve(engine_, VersionNumber(1), "", pat_).status(),
                StatusCode::kFailedPrecondition, Reason::kCLOCK_BACKWARDS, "");
  EXPECT_EQ(Rows(), rows);
  EXPECT_EQ(Champion(), 1u);
  clock_.Advance(std::chrono::minutes(5));
  EXPECT_EQ(Promote(2), Outcome::kMoved);
}

TEST_F(RegistryPromotion, WhatWasNotRecordedIsNotBelieved) {
  fault_ = [](std::string_view op) {
    return op == "journal.append" ? WithReason(ResourceExhausted("disk full"), Reason::kDISK_FULL)
                                  : Ok();
  };
  ExpectRefused(registry_->Promote(To(1), pat_).status(), StatusCode::kResourceExhausted,
                Reason::kDISK_FULL, "");
  EXPECT_EQ(Champion(), 0u);
  EXPECT_THAT(registry_->GetAliasHistory({engine_, "", {}, 0})->size(), 0u);
  fault_ = {};
  EXPECT_EQ(Promote(1), Outcome::kMoved);
}

// Two people promote at once: whoever comes second is judged against what the first one did.
TEST_F(RegistryPromotion, NobodyIsJudgedAgainstAVersionThatIsGone) {
  const auto other = Recovered();
  EXPECT_EQ(Promote(2), Outcome::kMoved);
  const auto late = other->Promote(To(3), maker_);  // Has not read the journal since.
  ASSERT_OK(late.status());
  EXPECT_EQ(late->outcome, Outcome::kRefused);
  EXPECT_EQ(late->from, VersionNumber(2));
}

// --- History ---

std::vector<std::string> Told(const std::vector<MoveView>& moves) {
  std::vector<std::string> out;
  for (const MoveView& m : moves)
    out.push_back(fmt::format("{} {}{}", m.alias, m.move.version.value(), m.until ? "" : " now"));
  return out;
}

TEST_F(RegistryPromotion, WhatWasChampionThenIsOneQuestion) {
  const Timestamp begin = clock_.Now();
  EXPECT_EQ(Promote(1), Outcome::kMoved);
  clock_.Advance(std::chrono::hours(24));
  MoveRequest canary = To(3);
  canary.alias = "canary";
  ASSERT_OK(registry_->SetAlias(canary, pat_).status());
  clock_.Advance(std::chrono::hours(24));
  EXPECT_EQ(Promote(2), Outcome::kMoved);
  const auto restarted = Recovered();
  for (const Registry* registry : {registry_.get(), restarted.get()}) {
    EXPECT_THAT(Told(*registry->GetAliasHistory({engine_, "", {}, 0})),
                ElementsAre("champion 1", "canary 3 now", "champion 2 now"));
    EXPECT_THAT(Told(*registry->GetAliasHistory({engine_, "champion", {}, 0})),
                ElementsAre("champion 1", "champion 2 now"));
    EXPECT_THAT(Told(*registry->GetAliasHistory({engine_, "", {}, 2})),
                ElementsAre("canary 3 now", "champion 2 now"));
    const auto at = [&](int hours, const char* alias) {
      return Told(
          *registry->GetAliasHistory({engine_, alias, begin + std::chrono::hours(hours), 0}));
    };
    EXPECT_THAT(at(-1, ""), IsEmpty());
    EXPECT_THAT(at(0, ""), ElementsAre("champion 1"));
    EXPECT_THAT(at(47, ""), ElementsAre("champion 1", "canary 3 now"));
    EXPECT_THAT(at(47, "champion"), ElementsAre("champion 1"));
    EXPECT_THAT(at(48, "champion"), ElementsAre("champion 2 now"));
  }
  const Status unknown = registry_->GetAliasHistory({engine_, "champoin", {}, 0}).status();
  ExpectRefused(unknown, StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND, "");
  EXPECT_THAT(std::string(MessageOf(unknown)), HasSubstr("did you mean 'champion'?"));
}

// --- Search ---

std::vector<std::string> Found(const SearchPage& page) {
  std::vector<std::string> out;
  for (const VersionView& v : page.versions)
    out.push_back(fmt::format("{}@{}", v.version.model.value(), v.version.version.value()));
  return out;
}

TEST_F(RegistryPromotion, SearchingGivesPagesThatFollowOneAnother) {
  ModelSpec other = EngineModel();
  other.name = ModelName("compressor");
  ASSERT_OK(registry_->ApplyModel(other, {}, maker_).status());
  for (int i = 0; i < 2; ++i)
    ASSERT_OK(
        registry_->CreateVersion({other.name, *blobs_.Put(ParamsFile(0)), {}, Rmse(10 + i)}, maker_)
            .status());
  EXPECT_THAT(Found(*registry_->Search({})), ElementsAre("compressor@2", "compressor@1",
                                                         "turbofan@3", "turbofan@2", "turbofan@1"));
  for (std::uint32_t size = 1; size <= 6; ++size) {
    SCOPED_TRACE(size);
    SearchRequest request{"metrics.rmse < 15", {}, size, ""};
    std::vector<std::string> all;
    int pages = 0;
    do {
      const auto page = registry_->Search(request);
      ASSERT_OK(page.status());
      EXPECT_LE(page->versions.size(), size);
      for (const std::string& found : Found(*page)) all.push_back(found);
      request.page_token = page->next_page_token;
      ASSERT_LE(++pages, 6);
    } while (!request.page_token.empty());
    EXPECT_THAT(all, ElementsAre("compressor@2", "compressor@1", "turbofan@2", "turbofan@1"));
  }
  EXPECT_THAT(Found(*registry_->Search({"version = 1", engine_, 0, ""})),
              ElementsAre("turbofan@1"));
}

TEST_F(RegistryPromotion, AVersionThatComesBetweenTwoPagesMovesNone) {
  SearchRequest request{"", engine_, 2, ""};
  const auto first = registry_->Search(request);
  EXPECT_THAT(Found(*first), ElementsAre("turbofan@3", "turbofan@2"));
  ASSERT_OK(Create(1).status());
  request.page_token = first->next_page_token;
  EXPECT_THAT(Found(*registry_->Search(request)), ElementsAre("turbofan@1"));
}

TEST_F(RegistryPromotion, SearchesThatCannotBeAreRefused) {
  ExpectInvalid(registry_->Search({"versoin = 1", {}, 0, ""}).status(), "filter");
  for (const char* token : {"x", "turbofan", "turbofan@", "turbofan@0", "turbofan@-1",
                            "turbofan@1x", "@1", "a/b@1", "turbofan@99999999999999999999"})
    ExpectInvalid(registry_->Search({"", {}, 0, token}).status(), "page_token");
  ExpectRefused(registry_->Search({"", ModelName("other"), 0, ""}).status(), StatusCode::kNotFound,
                Reason::kRESOURCE_NOT_FOUND, "");
}

// Whatever is asked, in whatever order, with storage failing now and then: the champion is always
// a version that passed its gate when it came, or was overridden; and the journal alone rebuilds
// the state.
TEST_F(RegistryPromotion, HoldsItsGatesThroughRandomOperationsAndReplays) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    fault_ = [&](std::string_view op) {
      const bool append = op == "journal.append" || op == "journal.append.done";
      return append && rng.Below(10) == 0 ? Unavailable("now and then") : Ok();
    };
    for (int step = 0; step < 60; ++step) {
      clock_.Advance(Duration(1));
      const std::uint64_t version = rng.Below(5);
      const Caller who = rng.Below(2) == 0 ? pat_ : maker_;
      switch (rng.Below(6)) {
        case 0: (void)registry_->Promote(To(version), who); break;
        case 1: (void)registry_->SetAlias(To(version), who); break;
        case 2: (void)registry_->Rollback(To(rng.Below(2) * version), who); break;
        case 3: (void)registry_->Approve(engine_, VersionNumber(version), "", who); break;
        case 4:
          (void)registry_->Tag(engine_, VersionNumber(version),
                               {{"t", fmt::format("{}", rng.Below(3))}}, {}, who);
          break;
        default: {
          MoveRequest request = To(version);
          request.override_reason = "why not";
          if (rng.Below(4) == 0) (void)registry_->Promote(request, who);
        }
      }
    }
    fault_ = {};
    clock_.Advance(Duration(1));
    // Where the last answer was lost, one more change finds out what was recorded.
    ASSERT_OK(
        registry_->Tag(engine_, VersionNumber(1), {{"last", fmt::format("{}", seed)}}, {}, pat_)
            .status());
    const ModelView view = *registry_->GetModel(engine_);
    const ModelView again = Recovered()->GetModel(engine_).value();
    EXPECT_EQ(view.notes, again.notes);
    EXPECT_EQ(view.aliases, again.aliases);
    double in_place = 1e9;
    const auto moves = registry_->GetAliasHistory({engine_, "", {}, 0});
    ASSERT_OK(moves.status());
    for (const MoveView& m : *moves) {
      if (m.move.version.value() == 0) {
        in_place = 1e9;
        continue;
      }
      const double rmse = view.versions[m.move.version.value() - 1].measured.metrics.at("rmse");
      if (m.move.how == How::kPromotion && m.move.override_reason.empty())
        EXPECT_LE(rmse, in_place);
      in_place = rmse;
    }
  }
}

}  // namespace
}  // namespace muster::registry
