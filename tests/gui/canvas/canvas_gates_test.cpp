// What the canvas asks for: experts and what was kept, and gates only where something shows them.
// What has not been read is never shown as if it were 0.
#include <set>
#include <tuple>

#include "tests/gui/canvas/canvas_fixture.h"

namespace limoe::gui {
namespace {

using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

// viridis (matplotlib) at 1.
constexpr QRgb kViridis100 = 0xfffde725;

class CanvasGatesTest : public CanvasTest {
 protected:
  /// All six images are on the screen; FakeRunSource::choices() gives no gates.
  void SetUp() override {
    CanvasTest::SetUp();
    open({});
    leave();
  }

  std::string said() const { return canvas->statusText().toStdString(); }
  std::string hovered() const { return canvas->hoverText().toStdString(); }
  void arrive() {
    Q_EMIT source->pageReady();
    settle();
  }

  const TokenRef patch_{2, probe::kImage, 2};  // an even one: gate 1, margin 1/2
};

TEST_F(CanvasGatesTest, ChoicesAreAllThatTheWallReads) {
  EXPECT_THAT(source->choice_requests, SizeIs(12)) << "of the newest step and the one before it";
  source->choice_requests.clear();
  state.setSnapshot(1);
  settle();
  state.toggleSelectedExpert(3);
  state.setOverlayStyle(OverlayStyle::Number);
  settle();
  EXPECT_THAT(source->choice_requests, SizeIs(18)) << "of this step and those beside it";
  EXPECT_THAT(source->decision_requests, IsEmpty());
}

TEST_F(CanvasGatesTest, TheStepsBesideAreAskedForOnceThisOneIsThere) {
  state.setSnapshot(0);
  settle();
  source->choice_requests.clear();
  source->withheld = {{1, 0}};
  state.setSnapshot(1);
  settle();
  EXPECT_THAT(source->choice_requests, SizeIs(6)) << "nothing comes before what is looked at";
  source->withheld.clear();
  arrive();
  EXPECT_TRUE(source->choice_requests.contains({0, 0, 5}));
  EXPECT_TRUE(source->choice_requests.contains({2, 0, 0}));
}

TEST_F(CanvasGatesTest, ColoursShadesAndAFilterOfGatesReadThemWhileTheyAreOn) {
  const std::set<std::tuple<int64_t, int64_t, int64_t>> all = {{1, 0, 0}, {1, 0, 1}, {1, 0, 2},
                                                               {1, 0, 3}, {1, 0, 4}, {1, 0, 5}};
  TokenFilter weak;
  weak.gate_below = 0.5;
  const std::vector<std::pair<std::function<void()>, std::function<void()>>> looks = {
      {[&] { state.setOverlayColor(OverlayColor::Gate); },
       [&] { state.setOverlayColor(OverlayColor::FirstChoice); }},
      {[&] { state.setOverlayColor(OverlayColor::Margin); },
       [&] { state.setOverlayColor(OverlayColor::FirstChoice); }},
      {[&] { state.setOverlayShade(OverlayShade::Gate); },
       [&] { state.setOverlayShade(OverlayShade::None); }},
      {[&] { state.setOverlayShade(OverlayShade::Margin); },
       [&] { state.setOverlayShade(OverlayShade::None); }}};
  for (const auto& [on, off] : looks) {
    state.setSnapshot(0);
    settle();
    on();
    source->decision_requests.clear();
    source->choice_requests.clear();
    state.setSnapshot(1);
    settle();
    EXPECT_EQ(source->decision_requests, all);
    EXPECT_THAT(source->choice_requests, IsEmpty());
    off();
    source->decision_requests.clear();
    state.setSnapshot(2);
    settle();
    EXPECT_THAT(source->decision_requests, IsEmpty());
  }
  state.setFilter(weak);
  settle();
  EXPECT_THAT(source->decision_requests, Not(IsEmpty()));
  EXPECT_EQ(pixel(centreOf({2, probe::kImage, 5})), expectedColor(probe::kImage, 2, 5))
      << "gate 1/4";
  EXPECT_THAT(pixel(centreOf(patch_)), AnyOf(kDarkGrey, kLightGrey)) << "gate 1";
}

TEST_F(CanvasGatesTest, WhileGatesAreReadNothingStandsForThem) {
  const QPointF centre = centreOf(patch_);
  ASSERT_EQ(pixel(centre), expectedColor(probe::kImage, 2, 2));
  source->gates_withheld = true;
  state.setOverlayColor(OverlayColor::Gate);
  settle();
  EXPECT_THAT(pixel(centre), AnyOf(kDarkGrey, kLightGrey)) << "the image alone";
  EXPECT_THAT(said(), HasSubstr("reading …"));
  source->gates_withheld = false;
  arrive();
  EXPECT_EQ(pixel(centre), kViridis100);
  EXPECT_THAT(said(), Not(HasSubstr("reading …")));
}

TEST_F(CanvasGatesTest, AFilterByGateTintsNothingBeforeGatesAreThere) {
  // The images that match are known before the gates of those on the screen are read.
  TokenFilter weak;
  weak.gate_below = 0.5;
  digests.layer(2, 0, weak);
  settle();
  source->gates_withheld = true;
  state.setFilter(weak);
  settle();
  const TokenRef token{2, probe::kImage, 5};  // gate 1/4
  EXPECT_THAT(pixel(centreOf(token)), AnyOf(kDarkGrey, kLightGrey));
  source->gates_withheld = false;
  arrive();
  EXPECT_EQ(pixel(centreOf(token)), expectedColor(probe::kImage, 2, 5));
}

TEST_F(CanvasGatesTest, PointingAtAnImageReadsItsGatesAlone) {
  source->gates_withheld = true;
  hover(centreOf(patch_));
  EXPECT_THAT(source->decision_requests, ElementsAre(std::tuple(2, 0, 2)));
  // Sample 2, patch 2, layer 0, snapshot 2: expert (2 + 1 + 0 + 4) mod 8 = 7.
  EXPECT_THAT(hovered(), HasSubstr("Expert: e7 · kept\n"));
  EXPECT_THAT(hovered(), HasSubstr("Gate: reading …"));
  EXPECT_THAT(hovered(),
              Not(AnyOf(HasSubstr("0.000"), HasSubstr("Runner-up"), HasSubstr("Queue"))));
  EXPECT_EQ(pixel(centreOf({2, probe::kImage, 0})), expectedColor(probe::kImage, 2, 0))
      << "tinted meanwhile";
  source->gates_withheld = false;
  arrive();
  EXPECT_THAT(hovered(), HasSubstr("Expert: e7 · gate 1.000 · kept\n"));
  EXPECT_THAT(hovered(), HasSubstr("Runner-up: e0 · probability 0.500 · margin 0.500"));
  EXPECT_THAT(hovered(), HasSubstr("Queue: place 3 in its group"));
  EXPECT_THAT(source->decision_requests, SizeIs(1));
}

TEST_F(CanvasGatesTest, GatesThatCannotBeReadLeaveTheChoices) {
  source->gates_unreadable = true;
  hover(centreOf(patch_));
  EXPECT_THAT(hovered(), HasSubstr("Gate: cannot be read; F5 tries again"));
  EXPECT_THAT(said(), Not(HasSubstr("cannot be read")));
  leave();
  state.setOverlayColor(OverlayColor::Gate);
  settle();
  EXPECT_THAT(pixel(centreOf(patch_)), AnyOf(kDarkGrey, kLightGrey));
  EXPECT_THAT(said(), HasSubstr("cannot be read"));
  state.setOverlayColor(OverlayColor::FirstChoice);
  settle();
  EXPECT_EQ(pixel(centreOf(patch_)), expectedColor(probe::kImage, 2, 2));
}

}  // namespace
}  // namespace limoe::gui
