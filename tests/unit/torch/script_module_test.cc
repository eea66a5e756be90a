#include "client/torch/script_module.h"

#include <algorithm>
#include <span>

#include "client/torch/network.h"
#include "tests/unit/torch/torch_fixture.h"

namespace muster::client {
namespace {
using absl::StatusCode;
using muster::testing::Fails;
using muster::testing::HasCode;
using muster::testing::IsOk;
using ::testing::Each;
using ::testing::ElementsAre;

class Module : public TorchTask {};

TEST_F(Module, HasItsParametersSortedByNameAndKnowsWhatIsFrozen) {
  std::vector<TestTensor> tensors = LinearTensors();
  tensors[0].frozen = true;
  tensors.push_back({"mean", {2}, {1, 2}, false, true});
  Script(tensors, kLinear);
  const ScriptModule module = Load();
  ASSERT_EQ(module.layout().tensors().size(), 2u);
  EXPECT_EQ(module.layout().tensors()[0].name, "bias");
  EXPECT_FALSE(module.frozen(0));
  EXPECT_EQ(module.layout().tensors()[1].name, "weight");
  EXPECT_TRUE(module.frozen(1));
  ASSERT_EQ(module.Buffers().size(), 1u);
  EXPECT_EQ(module.Buffers()[0].name, "mean");
  EXPECT_THAT(module.Export()->values, ElementsAre(0.5f, 0, 0));
}

TEST_F(Module, ACopyTakesParametersAndLeavesTheOriginalAlone) {
  const ScriptModule module = Load();
  const auto copy = module.CopyWith(LinearParams({1, 2, 3}).View());
  ASSERT_THAT(copy, IsOk());
  EXPECT_THAT(copy->Export()->values, ElementsAre(1, 2, 3));
  EXPECT_THAT(module.Export()->values, ElementsAre(0.5f, 0, 0));
}

TEST_F(Module, ACopyRefusesParametersOfAnotherLayout) {
  const Layout other = *Layout::Make({{"bias", DType::kF32, {1}}, {"weight", DType::kF32, {2}}});
  const std::vector<float> values(3);
  EXPECT_THAT(Load().CopyWith({other, values}),
              Fails(StatusCode::kInvalidArgument, Reason::kCONTRACT_MISMATCH));
}

TEST_F(Module, FilesThatAreNoUsableModuleAreRefused) {
  const auto refused = Fails(StatusCode::kInvalidArgument, Reason::kARTEFACT_INVALID);
  const std::string whole = FileText("module.pt");
  EXPECT_THAT(ScriptModule::Load(task_.temp / "none.pt"), refused);
  EXPECT_THAT(ScriptModule::Load(task_.dir.path / "model.safetensors"), refused);
  for (const std::size_t size : {std::size_t{0}, std::size_t{4}, whole.size() / 2}) {
    ASSERT_THAT(WriteText(ModulePath(), std::string_view(whole).substr(0, size)), IsOk());
    EXPECT_THAT(ScriptModule::Load(ModulePath()), refused);
  }
  SaveDoubleScript(ModulePath());
  EXPECT_THAT(ScriptModule::Load(ModulePath()), refused);
  Script({}, "return x");
  EXPECT_THAT(ScriptModule::Load(ModulePath()), refused);
}

TEST(Network, HasTheShapesItsTextNames) {
  const auto mlp = MakeNetwork("mlp:5-4-3-1", 1);
  ASSERT_THAT(mlp, IsOk());
  std::vector<std::string> shapes;
  for (const TensorSpec& t : mlp->layout().tensors())
    shapes.push_back(t.name + " " + ShapeText(t.shape));
  EXPECT_THAT(shapes, ElementsAre("fc1.bias [4]", "fc1.weight [4, 5]", "fc2.bias [3]",
                                  "fc2.weight [3, 4]", "fc3.bias [1]", "fc3.weight [1, 3]"));
  const auto linear = MakeNetwork("linear:14", 1);
  ASSERT_THAT(linear, IsOk());
  EXPECT_EQ(linear->layout().tensors()[1].name, "weight");
  EXPECT_THAT(linear->layout().tensors()[1].shape, ElementsAre(1, 14));
}

TEST(Network, ComputesReluBetweenItsLayers) {
  ScriptModule made = *MakeNetwork("mlp:1-2-1", 1);
  // Layer 1: max(0, x), max(0, -x); layer 2: their sum plus 1. So |x| + 1.
  const std::vector<float> values = {0, 0, 1, -1, 1, 1, 1};
  ScriptModule module = *made.CopyWith({made.layout(), values});
  const Dataset data{.examples = 3, .inputs = 1, .outputs = 1, .x = {-3, 0, 2}, .y = {4, 1, 3}};
  const auto tested = EvaluateModule(module, data, Loss::kMse, 1);
  ASSERT_THAT(tested, IsOk());
  EXPECT_EQ(tested->loss, 0);
}

TEST(Network, StartsWithinTorchsDefaultBoundAndFromItsSeed) {
  const auto values = [](std::uint64_t seed) {
    return MakeNetwork("mlp:100-50-1", seed)->Export()->values;
  };
  const std::vector<float> first = values(1);
  EXPECT_EQ(first, values(1));
  EXPECT_NE(first, values(2));
  const std::span<const float> layer1 = std::span(first).first(50 + 5000);
  EXPECT_THAT(layer1, Each(::testing::AllOf(::testing::Ge(-0.1f), ::testing::Le(0.1f))));
  EXPECT_GT(*std::max_element(layer1.begin(), layer1.end()), 0.099f);
}

TEST(Network, GivesTheSameFileWhateverItIsCalled) {
  muster::testing::TempDir temp;
  for (const char* name : {"one.pt", "another-name.pt"}) {
    ScriptModule module = *MakeNetwork("mlp:3-2-1", 1);
    ASSERT_THAT(SaveModule(module, temp / name), IsOk());
  }
  EXPECT_EQ(*ReadFileBytes(temp / "one.pt", 1 << 20),
            *ReadFileBytes(temp / "another-name.pt", 1 << 20));
  EXPECT_THAT(ScriptModule::Load(temp / "one.pt"), IsOk());
}

TEST(Network, TextsThatNameNoNetworkAreRefused) {
  std::string deep = "mlp:1";
  for (int i = 0; i < 65; ++i) deep += "-1";
  for (const std::string& text :
       {std::string(), std::string("mlp"), std::string("mlp:"), std::string("mlp:3"),
        std::string("mlp:3-"), std::string("mlp:3-0"), std::string("mlp:3--1"),
        std::string("mlp:3-70000"), std::string("mlp:99999999999999999999-1"),
        std::string("mlp:3x1"), std::string("conv:3-1"), std::string("linear:3-2-1"), deep}) {
    SCOPED_TRACE(text);
    EXPECT_THAT(MakeNetwork(text, 1), HasCode(StatusCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace muster::client
