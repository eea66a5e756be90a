#include "registry/registry.h"

#include <gmock/gmock.h>

#include <limits>
#include <thread>

#include "base/seeded.h"
#include "tests/unit/registry/fixture.h"

namespace muster::registry {
namespace {
using absl::StatusCode;

// A registry over storage that outlives it, and another one over the same storage on demand.
class RegistryTest : public ::testing::Test {
 protected:
  std::unique_ptr<Registry> Start() {
    return std::make_unique<Registry>(journal_, blobs_, clock_, log_);
  }
  std::unique_ptr<Registry> Recovered() {
    auto registry = Start();
    const Status recovered = registry->Recover();
    EXPECT_TRUE(recovered.ok()) << recovered;
    return registry;
  }
  Digest Put(ByteView bytes) { return *blobs_.Put(bytes); }
  void ApplyEngine() {
    ASSERT_OK(registry_->ApplyContract(EngineContract(), false, ann_).status());
    ASSERT_OK(registry_->ApplyModel(EngineModel(), {}, ann_).status());
  }
  StatusOr<VersionView> Create(float first) {
    return registry_->CreateVersion({engine_, Put(ParamsFile(first)), {}, {}}, ann_);
  }
  PublishRequest Publishing(float first, std::uint64_t round) {
    return {engine_,
            Put(ParamsFile(first)),
            {},
            VersionNumber(1),
            CampaignName("spring"),
            RoundNumber(round),
            {.metrics = {{"rmse", 14.25}}},
            {}};
  }
  std::vector<std::string> Rows(std::string_view stream) {
    std::vector<std::string> rows;
    EXPECT_TRUE(journal_
                    .Read(stream, 0,
                          [&](const JournalRow& row) {
                            rows.push_back(row.fact);
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
  const Caller ann_ = Caller::Operator("ann");
  const ModelName engine_{"turbofan"};
  std::unique_ptr<Registry> registry_ = Start();
};

void ExpectSame(const Registry& a, const Registry& b) {
  EXPECT_EQ(a.ListContracts(), b.ListContracts());
  const auto in_a = a.ListModels();
  const auto in_b = b.ListModels();
  ASSERT_EQ(in_a.size(), in_b.size());
  for (std::size_t i = 0; i < in_a.size(); ++i) {
    EXPECT_EQ(in_a[i].spec, in_b[i].spec);
    EXPECT_EQ(in_a[i].versions, in_b[i].versions);
    EXPECT_EQ(in_a[i].notes, in_b[i].notes);
    EXPECT_EQ(in_a[i].aliases, in_b[i].aliases);
  }
}

// --- Contracts and models ---

TEST_F(RegistryTest, AContractIsCreatedOnceAndReadByVersion) {
  const auto first = registry_->ApplyContract(EngineContract(), false, ann_);
  ASSERT_OK(first.status());
  EXPECT_TRUE(first->created);
  EXPECT_EQ(first->version.created_by, "operator/ann");
  const auto again = registry_->ApplyContract(EngineContract(), false, Caller::Operator("bob"));
  ASSERT_OK(again.status());
  EXPECT_FALSE(again->created);
  EXPECT_EQ(again->version, first->version);
  EXPECT_EQ(*registry_->GetContract(ContractName("engine"), VersionNumber(1)), first->version);
  EXPECT_EQ(*registry_->GetContract(ContractName("engine"), VersionNumber()), first->version);
  EXPECT_THAT(Rows("contract/engine"), ::testing::SizeIs(1));
}

TEST_F(RegistryTest, WhatIsNotThereIsNotFoundWithTheNearestName) {
  ApplyEngine();
  const Status contract = registry_->GetContract(ContractName("engin"), {}).status();
  ExpectRefused(contract, StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND, "");
  EXPECT_THAT(std::string(MessageOf(contract)), ::testing::HasSubstr("did you mean 'engine'?"));
  ExpectRefused(registry_->GetContract(ContractName("engine"), VersionNumber(2)).status(),
                StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND, "");
  const Status model = registry_->GetModel(ModelName("turbofam")).status();
  ExpectRefused(model, StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND, "");
  EXPECT_THAT(std::string(MessageOf(model)), ::testing::HasSubstr("did you mean 'turbofan'?"));
  ExpectRefused(registry_->Resolve(engine_, VersionNumber()).status(), StatusCode::kNotFound,
                Reason::kRESOURCE_NOT_FOUND, "");
  ExpectRefused(registry_->Resolve(engine_, "champion").status(), StatusCode::kNotFound,
                Reason::kRESOURCE_NOT_FOUND, "");
}

TEST_F(RegistryTest, AnIncompatibleContractIsRefusedAndNothingOfItIsKept) {
  ApplyEngine();
  ContractSpec next = EngineContract();
  next.fields[0].unit = "K";
  for (const bool dry_run : {true, false})
    ExpectRefused(registry_->ApplyContract(next, dry_run, ann_).status(),
                  StatusCode::kFailedPrecondition, Reason::kCONTRACT_INCOMPATIBLE,
                  "fields[s2].unit");
  EXPECT_EQ(registry_->GetContract(ContractName("engine"), {})->spec, EngineContract());

  const auto judged = registry_->CheckContract(next);
  ASSERT_OK(judged.status());
  EXPECT_TRUE(judged->changed);
  EXPECT_EQ(judged->newest, VersionNumber(1));
  ASSERT_EQ(judged->breaks.size(), 1u);
  EXPECT_EQ(judged->breaks[0].difference, judged->differences[0]);

  // The way out that the refusal names: a version that allows it, and then the change.
  ContractSpec open = EngineContract();
  open.compatibility = Compatibility::kNone;
  ASSERT_OK(registry_->ApplyContract(open, false, ann_).status());
  ASSERT_OK(registry_->ApplyContract(next, false, ann_).status());
  const auto diff = registry_->DiffContract(ContractName("engine"), {}, {});
  ASSERT_OK(diff.status());
  EXPECT_EQ(diff->from, VersionNumber(2));
  EXPECT_EQ(diff->to, VersionNumber(3));
  EXPECT_EQ(diff->differences.size(), 2u);  // The unit, and the compatibility.
}

TEST_F(RegistryTest, ACheckOfWhatIsThereOrNewFindsNothingInTheWay) {
  const auto fresh = registry_->CheckContract(EngineContract());
  ASSERT_OK(fresh.status());
  EXPECT_TRUE(fresh->changed);
  EXPECT_EQ(fresh->newest, VersionNumber());
  ApplyEngine();
  const auto same = registry_->CheckContract(EngineContract());
  ASSERT_OK(same.status());
  EXPECT_FALSE(same->changed);
  EXPECT_TRUE(same->differences.empty() && same->breaks.empty());
  ExpectRefused(registry_->DiffContract(ContractName("engine"), {}, {}).status(),
                StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND, "");
}

TEST_F(RegistryTest, ADryRunJudgesAndChangesNothing) {
  const auto contract = registry_->ApplyContract(EngineContract(), true, ann_);
  ASSERT_OK(contract.status());
  EXPECT_TRUE(contract->created);
  EXPECT_EQ(contract->version.version, VersionNumber(1));
  EXPECT_TRUE(registry_->ListContracts().empty());

  ApplyEngine();
  ModelSpec other = EngineModel();
  other.name = ModelName("other");
  const auto model = registry_->ApplyModel(other, {.dry_run = true, .pending_contracts = {}}, ann_);
  ASSERT_OK(model.status());
  EXPECT_TRUE(model->created);
  EXPECT_EQ(registry_->GetModel(other.name).status().code(), StatusCode::kNotFound);
  EXPECT_TRUE(Rows("model/other").empty());
}

TEST_F(RegistryTest, AModelIsPinnedToTheNewestContract) {
  ApplyEngine();
  ContractSpec wider = EngineContract();
  wider.fields[0].max = 650;
  ASSERT_OK(registry_->ApplyContract(wider, false, ann_).status());
  EXPECT_EQ(registry_->GetModel(engine_)->spec.contract_version, VersionNumber(1));
  const auto again = registry_->ApplyModel(EngineModel(), {}, ann_);
  ASSERT_OK(again.status());
  EXPECT_FALSE(again->created);
  EXPECT_TRUE(again->changed);
  EXPECT_EQ(again->spec.contract_version, VersionNumber(2));
}

TEST_F(RegistryTest, AModelWithVersionsDoesNotFollowAMovedRange) {
  ApplyEngine();
  ASSERT_OK(Create(1).status());
  ContractSpec wider = EngineContract();
  wider.fields[0].max = 650;
  ASSERT_OK(registry_->ApplyContract(wider, false, ann_).status());
  ExpectRefused(registry_->ApplyModel(EngineModel(), {}, ann_).status(),
                StatusCode::kFailedPrecondition, Reason::kVERSION_IMMUTABLE, "contract_version");
  ModelSpec pinned = EngineModel();
  pinned.contract_version = VersionNumber(1);
  const auto same = registry_->ApplyModel(pinned, {}, ann_);
  ASSERT_OK(same.status());
  EXPECT_FALSE(same->changed);
}

TEST_F(RegistryTest, AModelOfAContractThatIsMissingIsRefused) {
  ExpectRefused(registry_->ApplyModel(EngineModel(), {}, ann_).status(),
                StatusCode::kFailedPrecondition, Reason::kRESOURCE_NOT_FOUND, "contract");
  ApplyEngine();
  ModelSpec spec = EngineModel();
  spec.contract_version = VersionNumber(7);
  ExpectRefused(registry_->ApplyModel(spec, {}, ann_).status(), StatusCode::kFailedPrecondition,
                Reason::kRESOURCE_NOT_FOUND, "contract_version");
  spec = EngineModel();
  spec.name = ModelName("other");
  spec.input.features[0] = "s3";
  ExpectRefused(registry_->ApplyModel(spec, {}, ann_).status(), StatusCode::kFailedPrecondition,
                Reason::kCONTRACT_MISMATCH, "input.features[0]");
}

TEST_F(RegistryTest, ADryRunJudgesByTheContractOfTheSameApply) {
  ApplyModelOptions dry{.dry_run = true, .pending_contracts = {EngineContract()}};
  const auto judged = registry_->ApplyModel(EngineModel(), dry, ann_);
  ASSERT_OK(judged.status());
  EXPECT_TRUE(judged->created);
  ModelSpec bad = EngineModel();
  bad.input.rows = 0;
  ExpectInvalid(registry_->ApplyModel(bad, dry, ann_).status(), "input.window.rows");
  bad = EngineModel();
  bad.input.features[0] = "s3";
  ExpectRefused(registry_->ApplyModel(bad, dry, ann_).status(), StatusCode::kFailedPrecondition,
                Reason::kCONTRACT_MISMATCH, "input.features[0]");
  // A contract that is refused itself is no second mistake of the model.
  ApplyModelOptions broken = dry;
  broken.pending_contracts[0].fields.clear();
  ASSERT_OK(registry_->ApplyModel(EngineModel(), broken, ann_).status());
  // Only a dry run: the real one needs the contract itself.
  dry.dry_run = false;
  ExpectRefused(registry_->ApplyModel(EngineModel(), dry, ann_).status(),
                StatusCode::kFailedPrecondition, Reason::kRESOURCE_NOT_FOUND, "contract");
}

TEST_F(RegistryTest, ADryRunJudgesByTheNextVersionOfAContractThatIsThere) {
  ApplyEngine();
  ContractSpec open = EngineContract();
  open.compatibility = Compatibility::kNone;
  ASSERT_OK(registry_->ApplyContract(open, false, ann_).status());
  ModelSpec model = EngineModel();
  model.name = ModelName("next");
  ApplyModelOptions dry{.dry_run = true, .pending_contracts = {open}};
  dry.pending_contracts[0].fields[0].name = "renamed";
  ExpectRefused(registry_->ApplyModel(model, dry, ann_).status(), StatusCode::kFailedPrecondition,
                Reason::kCONTRACT_MISMATCH, "input.features[0]");
  model.contract_version = VersionNumber(1);
  ASSERT_OK(registry_->ApplyModel(model, dry, ann_).status());
  model.input.features[0] = "renamed";
  model.contract_version = VersionNumber(3);
  ASSERT_OK(registry_->ApplyModel(model, dry, ann_).status());
}

// --- Versions ---

TEST_F(RegistryTest, AVersionIsMadeOfArtefactsThatWerePut) {
  ApplyEngine();
  const Digest params = Put(ParamsFile(1));
  const Digest module = Put(AsBytes(kModuleFile));
  const auto made =
      registry_->CreateVersion({engine_, params, module, {.metrics = {{"rmse", 38.7}}}}, ann_);
  ASSERT_OK(made.status());
  const ModelVersion& version = made->version;
  EXPECT_EQ(version.version, VersionNumber(1));
  EXPECT_EQ(version.params, params);
  EXPECT_EQ(version.module, module);
  EXPECT_EQ(version.parameters, 6u);
  EXPECT_EQ(version.measured.metrics.at("rmse"), 38.7);
  EXPECT_EQ(version.created_by, "operator/ann");
  EXPECT_FALSE(version.origin.has_value());
  EXPECT_EQ(*registry_->Resolve(engine_, VersionNumber()), version);
  EXPECT_EQ(*registry_->Resolve(engine_, kLatest), version);
  EXPECT_TRUE(registry_->Uses(params));
  EXPECT_TRUE(registry_->Uses(module));
  EXPECT_FALSE(registry_->Uses(Digest()));
}

TEST_F(RegistryTest, ArtefactsThatAreMissingOrOfAnotherKindAreRefused) {
  ApplyEngine();
  const Digest good = Put(ParamsFile(1));
  const auto create = [&](const Digest& params, std::optional<Digest> module) {
    return registry_->CreateVersion({engine_, params, module, {}}, ann_).status();
  };
  const Digest absent({std::byte{1}});
  ExpectRefused(create(absent, {}), StatusCode::kFailedPrecondition, Reason::kBLOB_NOT_FOUND,
                "params_digest");
  ExpectRefused(create(good, absent), StatusCode::kFailedPrecondition, Reason::kBLOB_NOT_FOUND,
                "module_digest");
  ExpectInvalid(create(Put({}), {}), "params_digest", Reason::kARTEFACT_INVALID);
  ExpectInvalid(create(Put(AsBytes("not safetensors at all")), {}), "params_digest",
                Reason::kARTEFACT_INVALID);
  const Bytes whole = ParamsFile(1);
  ExpectInvalid(create(Put(ByteView(whole).first(whole.size() - 4)), {}), "params_digest",
                Reason::kARTEFACT_INVALID);
  ExpectInvalid(create(Put(AsBytes(SafetensorsHeader({}))), {}), "params_digest",
                Reason::kARTEFACT_INVALID);
  const std::vector<TensorSpec> half{{"w", DType::kF16, {1}}};
  ExpectInvalid(create(Put(AsBytes(SafetensorsHeader(half) + "ab")), {}), "params_digest",
                Reason::kARTEFACT_INVALID);
  for (const float bad :
       {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()})
    ExpectInvalid(create(Put(ParamsFile(bad)), {}), "params_digest", Reason::kARTEFACT_INVALID);
  for (const std::string_view module : {"", "PK", "#!/bin/sh"})
    ExpectInvalid(create(good, Put(AsBytes(module))), "module_digest", Reason::kARTEFACT_INVALID);
  EXPECT_TRUE(registry_->GetModel(engine_)->versions.empty());
}

TEST_F(RegistryTest, AVersionOfNoModelIsNotFound) {
  ExpectRefused(Create(1).status(), StatusCode::kNotFound, Reason::kRESOURCE_NOT_FOUND, "");
  EXPECT_TRUE(Rows("model/turbofan").empty());
}

TEST_F(RegistryTest, ACampaignPublishesARoundOnceHoweverOftenItAsks) {
  ApplyEngine();
  ASSERT_OK(Create(1).status());
  const auto first = registry_->PublishVersion(Publishing(2, 10), Caller::System());
  ASSERT_OK(first.status());
  EXPECT_EQ(first->version, VersionNumber(2));
  EXPECT_EQ(first->parent, VersionNumber(1));
  EXPECT_EQ(first->origin, (CampaignRound{CampaignName("spring"), RoundNumber(10)}));
  EXPECT_EQ(first->created_by, "system");
  EXPECT_EQ(*registry_->PublishVersion(Publishing(2, 10), Caller::System()), *first);
  EXPECT_EQ(*Recovered()->PublishVersion(Publishing(2, 10), Caller::System()), *first);
  EXPECT_EQ(registry_->PublishVersion(Publishing(2, 20), Caller::System())->version,
            VersionNumber(3));
}

TEST_F(RegistryTest, AnAliasIsPointedMovedAndTakenAway) {
  ApplyEngine();
  ASSERT_OK(Create(1).status());
  ASSERT_OK(Create(2).status());
  const auto set = registry_->SetAlias({engine_, "champion", VersionNumber(2)}, ann_);
  ASSERT_OK(set.status());
  EXPECT_EQ(set->version.version, VersionNumber(2));
  EXPECT_THAT(set->aliases, ::testing::ElementsAre("champion"));
  EXPECT_EQ(registry_->Resolve(engine_, "champion")->version, VersionNumber(2));
  EXPECT_THAT(registry_->GetVersion(engine_, "champion")->aliases,
              ::testing::ElementsAre("champion"));
  const auto taken = registry_->SetAlias({engine_, "champion", VersionNumber()}, ann_);
  ASSERT_OK(taken.status());
  EXPECT_EQ(taken->version.version, VersionNumber(2));
  EXPECT_THAT(taken->aliases, ::testing::IsEmpty());
  EXPECT_EQ(registry_->Resolve(engine_, "champion").status().code(), StatusCode::kNotFound);
}

// --- Faults, races, restarts ---

TEST_F(RegistryTest, WhatWasNotRecordedIsNotBelieved) {
  ApplyEngine();
  fault_ = [](std::string_view op) {
    return op == "journal.append" ? WithReason(ResourceExhausted("disk full"), Reason::kDISK_FULL)
                                  : Ok();
  };
  ExpectRefused(Create(1).status(), StatusCode::kResourceExhausted, Reason::kDISK_FULL, "");
  EXPECT_TRUE(registry_->GetModel(engine_)->versions.empty());
  ContractSpec other = EngineContract();
  other.name = ContractName("other");
  EXPECT_FALSE(registry_->ApplyContract(other, false, ann_).ok());
  EXPECT_THAT(registry_->ListContracts(), ::testing::SizeIs(1));
  fault_ = {};
  EXPECT_EQ(Create(1)->version.version, VersionNumber(1));
}

TEST_F(RegistryTest, AnAnswerLostAfterTheWriteIsMadeUpFor) {
  ApplyEngine();
  ASSERT_OK(Create(1).status());
  fault_ = [](std::string_view op) {
    return op == "journal.append.done" ? Internal("the answer was lost") : Ok();
  };
  EXPECT_FALSE(registry_->PublishVersion(Publishing(2, 10), Caller::System()).ok());
  fault_ = {};
  EXPECT_EQ(registry_->PublishVersion(Publishing(2, 10), Caller::System())->version,
            VersionNumber(2));
  EXPECT_THAT(registry_->GetModel(engine_)->versions, ::testing::SizeIs(2));
}

TEST_F(RegistryTest, TwoRegistriesOnOneJournalTakeTurns) {
  ApplyEngine();
  const auto other = Recovered();
  ASSERT_OK(Create(1).status());
  const auto late = other->CreateVersion({engine_, Put(ParamsFile(2)), {}, {}}, ann_);
  ASSERT_OK(late.status());
  EXPECT_EQ(late->version.version, VersionNumber(2));
  EXPECT_EQ(Create(3)->version.version, VersionNumber(3));
  ExpectSame(*registry_, *Recovered());
}

TEST_F(RegistryTest, AfterARestartEverythingIsAsItWas) {
  ApplyEngine();
  ASSERT_OK(Create(1).status());
  ASSERT_OK(registry_->PublishVersion(Publishing(2, 10), Caller::System()).status());
  ASSERT_OK(registry_->SetAlias({engine_, "champion", VersionNumber(2)}, ann_).status());
  ContractSpec wider = EngineContract();
  wider.fields[0].max = 650;
  ASSERT_OK(registry_->ApplyContract(wider, false, ann_).status());
  const auto restarted = Recovered();
  ExpectSame(*registry_, *restarted);
  EXPECT_EQ(*restarted->GetContract(ContractName("engine"), VersionNumber(1)),
            *registry_->GetContract(ContractName("engine"), VersionNumber(1)));
}

TEST_F(RegistryTest, AHistoryThatCannotBeReadStopsTheStart) {
  const std::vector<std::string> row{R"({"at":1,"by":"system","type":"Nonsense"})"};
  ASSERT_OK(journal_.Append("model/turbofan", 0, row));
  const Status recovered = registry_->Recover();
  EXPECT_EQ(recovered.code(), StatusCode::kDataLoss);
  EXPECT_THAT(std::string(MessageOf(recovered)), ::testing::HasSubstr("model/turbofan#0"));
}

TEST_F(RegistryTest, AModelThatBeginsWithoutItsDefinitionStopsTheStart) {
  const std::vector<std::string> row{
      *EncodeFact(ModelFact(AliasMoved{"a", VersionNumber(1), {}, Noon(), "system", {}, "", {}}))};
  ASSERT_OK(journal_.Append("model/turbofan", 0, row));
  EXPECT_EQ(registry_->Recover().code(), StatusCode::kDataLoss);
}

TEST_F(RegistryTest, ThreadsThatCreateAtOnceGetVersionsOfTheirOwn) {
  ApplyEngine();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i) {
        EXPECT_TRUE(Create(static_cast<float>(t * 100 + i)).ok());
        EXPECT_TRUE(registry_->Resolve(engine_, kLatest).ok());
        (void)registry_->ListModels();
      }
    });
  for (std::thread& t : threads) t.join();
  const auto model = registry_->GetModel(engine_);
  ASSERT_EQ(model->versions.size(), 100u);
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(model->versions[i].version, VersionNumber(i + 1));
  ExpectSame(*registry_, *Recovered());
}

// Whatever is asked, in whatever order, with storage failing now and then: numbers are 1 to n,
// aliases point at versions, and the journal alone rebuilds the state.
TEST_F(RegistryTest, ReplayGivesTheStateThatRandomOperationsMade) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed=" << seed);
    SeededRng rng(seed);
    bool quiet = false;  // No more faults.
    muster::testing::MemoryJournal journal([&](std::string_view op) {
      if (quiet || (op != "journal.append" && op != "journal.append.done")) return Ok();
      return rng.Below(10) == 0 ? Unavailable("now and then") : Ok();
    });
    Registry registry(journal, blobs_, clock_, log_);
    const auto model_name = [&] { return ModelName(fmt::format("m{}", rng.Below(3))); };
    for (int step = 0; step < 120; ++step) {
      clock_.Advance(Duration(1));
      switch (rng.Below(6)) {
        case 0: {
          ContractSpec spec = EngineContract();
          spec.name = ContractName(fmt::format("c{}", rng.Below(2)));
          spec.fields[rng.Below(4)].description = fmt::format("{}", rng.Below(3));
          (void)registry.ApplyContract(spec, rng.Below(5) == 0, ann_);
          break;
        }
        case 1: {
          ModelSpec spec = EngineModel();
          spec.name = model_name();
          spec.contract = ContractName(fmt::format("c{}", rng.Below(2)));
          spec.description = fmt::format("{}", rng.Below(3));
          (void)registry.ApplyModel(spec, {rng.Below(5) == 0, {}}, ann_);
          break;
        }
        case 2:
          (void)registry.CreateVersion(
              {model_name(), Put(ParamsFile(static_cast<float>(rng.Below(5)))), {}, {}}, ann_);
          break;
        case 3: {
          PublishRequest request = Publishing(static_cast<float>(rng.Below(3)), rng.Below(4));
          request.model = model_name();
          request.parent = VersionNumber(rng.Below(3));
          (void)registry.PublishVersion(request, Caller::System());
          break;
        }
        default:
          (void)registry.SetAlias(
              {model_name(), rng.Below(2) == 0 ? "a" : "b", VersionNumber(rng.Below(5))}, ann_);
      }
    }
    // Where the last answer was lost, one more change finds out what was recorded.
    quiet = true;
    for (int i = 0; i < 3; ++i) {
      ContractSpec contract = EngineContract();
      contract.name = ContractName(fmt::format("c{}", i));
      contract.description = "last";
      ASSERT_OK(registry.ApplyContract(contract, false, ann_).status());
      ModelSpec model = EngineModel();
      model.name = ModelName(fmt::format("m{}", i));
      model.contract = ContractName("c0");
      if (const auto known = registry.GetModel(model.name); known.ok()) model = known->spec;
      model.description = "last";
      (void)registry.ApplyModel(model, {}, ann_);
    }
    Registry replayed(journal, blobs_, clock_, log_);
    ASSERT_OK(replayed.Recover());
    ExpectSame(registry, replayed);
    for (const ModelView& model : replayed.ListModels()) {
      for (std::size_t i = 0; i < model.versions.size(); ++i)
        EXPECT_EQ(model.versions[i].version, VersionNumber(i + 1));
      for (const auto& [alias, version] : model.aliases)
        EXPECT_LE(version.value(), model.versions.size()) << alias;
    }
  }
}

}  // namespace
}  // namespace muster::registry
