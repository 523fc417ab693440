// The comparison in a real window: columns, colours, flip, linked zoom, numbers.
#include "gui/compare/compare_view.h"

#include <gmock/gmock.h>

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QMainWindow>
#include <QMouseEvent>
#include <QPushButton>
#include <QTabWidget>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>
#include <set>

#include "gui/compare/compare_canvas.h"
#include "gui/compare/match_chips.h"
#include "gui/view/colors.h"
#include "tests/gui/canvas/fake_run_source.h"

namespace limoe::gui {
namespace {

using ::testing::HasSubstr;

/// The fake run with its experts renumbered: e of the fake is (e + shift) mod E here.
class RenumberedRun : public FakeRunSource {
 public:
  RenumberedRun(const Shape& shape, int64_t shift, const QString& name)
      : FakeRunSource(shape), shift_(shift), experts_(shape.experts), name_(name) {
    remake();
    connect(this, &RunSource::dataChanged, this, &RenumberedRun::remake, Qt::DirectConnection);
  }

  std::shared_ptr<const RunData> data() const override { return own_; }
  std::shared_ptr<const probe::LayerSlice> decisions(int64_t snapshot, int64_t layer,
                                                     int64_t sample) override {
    return renumbered(FakeRunSource::decisions(snapshot, layer, sample));
  }
  std::shared_ptr<const probe::LayerSlice> choices(int64_t snapshot, int64_t layer,
                                                   int64_t sample) override {
    return renumbered(FakeRunSource::choices(snapshot, layer, sample));
  }
  void setConfig(const std::string& config) {
    config_ = config;
    remake();
  }

 private:
  std::shared_ptr<const probe::LayerSlice> renumbered(
      const std::shared_ptr<const probe::LayerSlice>& slice) const {
    if (!slice) {
      return nullptr;
    }
    auto copy = std::make_shared<probe::LayerSlice>(*slice);
    for (probe::Decisions* decisions : {&copy->image, &copy->text}) {
      for (uint16_t& expert : decisions->expert) {
        if (expert != probe::kNoExpert) {
          expert = static_cast<uint16_t>((expert + shift_) % experts_);
        }
      }
    }
    return copy;
  }

  void remake() {
    auto data = std::make_shared<RunData>(*FakeRunSource::data());
    data->name = name_;
    data->origin.config_json = config_;
    own_ = data;
  }

  int64_t shift_;
  int64_t experts_;
  QString name_;
  std::string config_ = "{}";
  std::shared_ptr<const RunData> own_;
};

class CompareViewTest : public testing::Test {
 protected:
  void SetUp() override {
    window.resize(1100, 800);
    view = new CompareView(state, &window);
    window.setCentralWidget(view);
    window.show();
    ASSERT_TRUE(QTest::qWaitForWindowExposed(&window));
    window.activateWindow();
    ASSERT_TRUE(QTest::qWaitForWindowActive(&window));
  }
  void TearDown() override { view->setSources({}); }

  void open(std::vector<RunSource*> sources) {
    state.setOpacity(1);
    state.setSnapshot(2);
    view->setSources(sources);
    ASSERT_TRUE(QTest::qWaitFor([&] { return view->isSettled(); }, 5000));
    settle();
  }
  static void settle() {
    for (int i = 0; i < 6; ++i) {
      QTest::qWait(15);
    }
  }
  CompareCanvas& canvas() { return view->canvas(); }
  QPointF centreOf(std::size_t column, const TokenRef& token) {
    const auto rect = canvas().tokenRect(column, token);
    EXPECT_TRUE(rect.has_value()) << column;
    return rect.value_or(QRectF()).center();
  }
  QRgb pixel(const QPointF& at) {
    return canvas().grabFramebuffer().pixel(at.toPoint() * canvas().devicePixelRatioF());
  }
  void hover(const QPointF& at) {
    QMouseEvent move(QEvent::MouseMove, at, canvas().mapToGlobal(at), Qt::NoButton, Qt::NoButton,
                     Qt::NoModifier);
    QApplication::sendEvent(&canvas(), &move);
    settle();
  }
  void wheel(const QPointF& at, int notches) {
    QWheelEvent event(at, canvas().mapToGlobal(at), {}, {0, 120 * notches}, Qt::NoButton,
                      Qt::NoModifier, Qt::NoScrollPhase, false);
    QApplication::sendEvent(&canvas(), &event);
    settle();
  }
  std::string header(std::size_t column) { return view->headerWords(column).toStdString(); }

  ViewState state;
  QMainWindow window;
  CompareView* view = nullptr;
};

TEST_F(CompareViewTest, MatchedExpertsHaveTheReferencesColour) {
  FakeRunSource demo({.experts = 8});
  RenumberedRun b({.experts = 8}, 3, "b");
  open({&demo, &b});
  EXPECT_THAT(header(1), HasSubstr("100 % in matched pairs"));
  EXPECT_THAT(header(1), HasSubstr("100 % beyond chance"));
  EXPECT_THAT(header(1), HasSubstr("e3 = e0"));
  for (const int64_t patch : {0, 3, 9}) {  // kept ones: (n + patch) mod 7 ≠ 6
    const TokenRef token{1, probe::kImage, patch};
    const QRgb expected = expertColor(demo.expertOf(probe::kImage, 1, patch, 0, 2), 8).rgb();
    EXPECT_EQ(pixel(centreOf(0, token)), expected) << patch;
    EXPECT_EQ(pixel(centreOf(1, token)), expected) << patch;
  }
  // The titles stay the run's own.
  hover(centreOf(1, {1, probe::kImage, 0}));
  const int64_t own = (demo.expertOf(probe::kImage, 1, 0, 0, 2) + 3) % 8;
  EXPECT_THAT(canvas().hoverText().toStdString(), HasSubstr("e" + std::to_string(own) + " = e"));
}

TEST_F(CompareViewTest, ZoomAndPanAreOneForAllColumns) {
  FakeRunSource demo({.experts = 8});
  RenumberedRun b({.experts = 8}, 3, "b");
  RenumberedRun c({.experts = 8}, 5, "c");
  open({&demo, &b, &c});
  const TokenRef token{0, probe::kImage, 5};
  const auto offset = [&](std::size_t column) {
    return centreOf(column, token) - QPointF(columnSpan(column, 3, canvas().width()).left, 0);
  };
  wheel(centreOf(2, token), 3);
  const double width = canvas().tokenRect(0, token)->width();
  EXPECT_NEAR(canvas().tokenRect(1, token)->width(), width, 1e-6);
  for (const std::size_t column : {1u, 2u}) {
    EXPECT_NEAR(offset(column).x(), offset(0).x(), 1e-6);
    EXPECT_NEAR(offset(column).y(), offset(0).y(), 1e-6);
  }
  const QPointF before = offset(0);
  const QPoint from = centreOf(1, token).toPoint();
  QTest::mousePress(&canvas(), Qt::LeftButton, {}, from);
  for (int i = 1; i <= 4; ++i) {
    const QPointF at = from + QPointF(10, 6) * i;
    QMouseEvent move(QEvent::MouseMove, at, canvas().mapToGlobal(at), Qt::NoButton, Qt::LeftButton,
                     Qt::NoModifier);
    QApplication::sendEvent(&canvas(), &move);
  }
  QTest::mouseRelease(&canvas(), Qt::LeftButton, {}, from + QPoint(40, 24));
  settle();
  EXPECT_NEAR(offset(0).x() - before.x(), 40, 1);
  EXPECT_NEAR(offset(2).y() - before.y(), 24, 1);
}

TEST_F(CompareViewTest, WhileShiftIsHeldTheColumnUnderThePointerShowsTheOtherRun) {
  FakeRunSource demo({.experts = 8});
  FakeRunSource other({.experts = 8, .settle = true});
  state.setOverlayStyle(OverlayStyle::Fill);
  open({&demo, &other});
  // Snapshot 2, patch 4 (settles at 0 moves): demo (n + 2 + 4), the other (n + 2): not one expert.
  const TokenRef token{0, probe::kImage, 4};
  const QPointF at = centreOf(1, token) + QPointF(2, 2);
  hover(at);
  const QRgb own = pixel(at);
  const QRgb reference = pixel(centreOf(0, token) + QPointF(2, 2));
  ASSERT_NE(own, reference);
  QTest::keyPress(&canvas(), Qt::Key_Shift, Qt::ShiftModifier);
  settle();
  EXPECT_EQ(canvas().shownIn(1), 0u);
  EXPECT_EQ(canvas().shownIn(0), 0u);
  EXPECT_EQ(pixel(at), reference);
  QTest::keyRelease(&canvas(), Qt::Key_Shift);
  settle();
  EXPECT_EQ(canvas().shownIn(1), 1u);
  EXPECT_EQ(pixel(at), own);
}

TEST_F(CompareViewTest, AnotherRunShowsTheNearestStepBefore) {
  FakeRunSource demo({.experts = 8, .snapshots = 3});  // 0, 100, 200
  RenumberedRun behind({.experts = 8, .snapshots = 2}, 3, "behind");
  open({&demo, &behind});
  EXPECT_THAT(header(1), HasSubstr("step 100 (fake: 200)"));
  behind.addSnapshot();  // it trains on: step 200
  ASSERT_TRUE(QTest::qWaitFor([&] { return view->headerWords(1).contains("step 200 ·"); }, 5000));
  ASSERT_TRUE(QTest::qWaitFor([&] { return view->isSettled(); }, 5000));
  EXPECT_THAT(header(1), HasSubstr("100 % in matched pairs"));
  state.setSnapshot(0);
  ASSERT_TRUE(QTest::qWaitFor([&] { return view->headerWords(1).contains("step 0 ·"); }, 5000));
}

TEST_F(CompareViewTest, ManyLayersAreEachReadOnceAndThenItRests) {
  FakeRunSource demo({.layers = 12});
  RenumberedRun other({.layers = 12}, 3, "other");
  open({&demo, &other});
  const auto layers_read = [&demo] {
    std::set<int64_t> layers;
    for (const auto& [snapshot, layer, first] : demo.walked) {
      layers.insert(layer);
    }
    return layers.size();
  };
  ASSERT_TRUE(QTest::qWaitFor([&] { return layers_read() == 12; }, 5000));
  ASSERT_TRUE(QTest::qWaitFor([&] { return view->isSettled(); }, 5000));
  settle();
  const std::size_t walked = demo.walked.size();
  QTest::qWait(500);
  EXPECT_EQ(demo.walked.size(), walked);
}

TEST_F(CompareViewTest, OtherNumbersOfExpertsAndLayersAreSaid) {
  FakeRunSource demo({.layers = 2, .experts = 4});
  FakeRunSource wide({.layers = 3, .experts = 8});
  FakeRunSource dense({.layers = 0, .experts = 0});
  open({&demo, &wide, &dense});
  EXPECT_THAT(header(2), HasSubstr("dense"));
  // Eight experts, four partners: four without one, and they have colours of their own.
  const auto& match = view->runs().column(1).match;
  ASSERT_TRUE(match.has_value());
  EXPECT_EQ(match->experts.pairs.size(), 4u);
  ASSERT_EQ(match->experts.unmatched_b.size(), 4u);
  for (const int64_t expert : match->experts.unmatched_b) {
    const QColor color = view->runs().column(1).state.colorOfExpert(expert, 8);
    for (int64_t e = 0; e < 4; ++e) {
      EXPECT_NE(color, expertColor(e, 4));
    }
  }
  auto* layers = view->findChildren<QComboBox*>("compareLayer")[1];
  ASSERT_TRUE(layers->isVisible());
  EXPECT_EQ(layers->count(), 3);
  layers->setFocus();
  QTest::keyClick(layers, Qt::Key_End);
  ASSERT_TRUE(QTest::qWaitFor([&] { return view->runs().column(1).layer() == 2; }, 2000));
  EXPECT_EQ(view->runs().column(0).layer(), 0);
}

TEST_F(CompareViewTest, OnlyImagesInCommonAreShown) {
  FakeRunSource demo({.samples = 6});
  FakeRunSource fewer({.samples = 4});  // "fake 0" … "fake 3"
  open({&demo, &fewer});
  EXPECT_EQ(view->runs().commonSamples(), 4);
  EXPECT_TRUE(canvas().tokenRect(0, {3, probe::kImage, 0}).has_value());
  EXPECT_FALSE(canvas().tokenRect(0, {4, probe::kImage, 0}).has_value());
}

TEST_F(CompareViewTest, AClickSelectsThePatchInAllColumnsAndAChipTheExpert) {
  FakeRunSource demo({.experts = 8});
  RenumberedRun b({.experts = 8}, 3, "b");
  open({&demo, &b});
  const TokenRef token{2, probe::kImage, 7};
  QTest::mouseClick(&canvas(), Qt::LeftButton, {}, centreOf(1, token).toPoint());
  settle();
  EXPECT_EQ(state.selectedToken(), token);
  EXPECT_EQ(view->runs().column(0).state.selectedToken(), token);
  auto* chips = view->findChildren<MatchChips*>()[1];
  // Chip 5 of b stands for e2 of the reference.
  QTest::mouseClick(chips, Qt::LeftButton, {}, chips->rectOf(5).center());
  settle();
  EXPECT_EQ(state.selectedExpert(), 2);
  EXPECT_EQ(view->runs().column(1).state.selectedExpert(), 5);
}

TEST_F(CompareViewTest, TheDisagreementMapIsPaleWhereRunsAgree) {
  FakeRunSource demo({.experts = 8});
  FakeRunSource other({.experts = 8, .settle = true});
  open({&demo, &other});
  auto* colors = view->findChild<QComboBox*>("compareColor");
  colors->setFocus();
  QTest::keyClick(colors, Qt::Key_End);
  settle();
  ASSERT_TRUE(view->runs().showsDisagreement());
  const auto& column = view->runs().column(1);
  int64_t agree = -1;
  int64_t differ = -1;
  for (int64_t p = 0; p < 16; ++p) {
    const int64_t a = demo.expertOf(probe::kImage, 0, p, 0, 2);
    const int64_t b = other.expertOf(probe::kImage, 0, p, 0, 2);
    if (FakeRunSource::isKept(0, p)) {
      (column.match->experts.partnerOfB(b) == a ? agree : differ) = p;
    }
  }
  ASSERT_GE(agree, 0);
  ASSERT_GE(differ, 0);
  const QColor strong(pixel(centreOf(1, {0, probe::kImage, differ})));
  const QColor pale(pixel(centreOf(1, {0, probe::kImage, agree})));
  EXPECT_GT(strong.red() - strong.green(), 60);  // of the strong colour's hue
  EXPECT_LT(std::abs(pale.red() - pale.green()), 10);
  // Its share in words: as the test counts it, over all samples.
  int64_t counted = 0;
  int64_t differing = 0;
  for (int64_t n = 0; n < 6; ++n) {
    for (int64_t p = 0; p < 16; ++p) {
      if (FakeRunSource::isKept(n, p)) {
        ++counted;
        const auto partner =
            column.match->experts.partnerOfB(other.expertOf(probe::kImage, n, p, 0, 2));
        differing += partner == demo.expertOf(probe::kImage, n, p, 0, 2) ? 0 : 1;
      }
    }
  }
  const auto percent =
      std::lround(100.0 * static_cast<double>(differing) / static_cast<double>(counted));
  EXPECT_THAT(header(1), HasSubstr(std::to_string(percent) + " % of patches"));
}

TEST_F(CompareViewTest, SettingsThatDifferAreSaidAndCopied) {
  RenumberedRun demo({.experts = 8}, 0, "demo");
  RenumberedRun b({.experts = 8}, 3, "b");
  demo.setConfig(R"({"moe":{"priority":"bpr"},"aux":{"local_text":1.0}})");
  b.setConfig(R"({"moe":{"priority":"vanilla"},"aux":{"local_text":0.0}})");
  open({&demo, &b});
  EXPECT_THAT(header(1), HasSubstr("no batch priority routing"));
  auto* tabs = view->findChild<QTabWidget*>("compareTables");
  tabs->setCurrentIndex(1);
  QTest::mouseClick(view->findChild<QPushButton*>("copySettings"), Qt::LeftButton);
  const std::string copied = QApplication::clipboard()->text().toStdString();
  EXPECT_THAT(copied,
              HasSubstr("b: no batch priority routing (BPR) · local text entropy loss off"));
  EXPECT_THAT(copied, HasSubstr("moe.priority\tbpr\tvanilla"));
}

TEST_F(CompareViewTest, ARunWithOtherImagesSaysSo) {
  class Stranger : public FakeRunSource {
   public:
    using FakeRunSource::FakeRunSource;
    std::shared_ptr<const probe::ProbeSet> sample(int64_t n) override {
      auto other = std::make_shared<probe::ProbeSet>(*FakeRunSource::sample(n));
      other->sources.front() = "elsewhere " + std::to_string(n);
      return other;
    }
  };
  FakeRunSource demo({.experts = 8});
  Stranger stranger({.experts = 8});
  open({&demo, &stranger});
  EXPECT_THAT(header(1), HasSubstr("no image in common with fake"));
  EXPECT_TRUE(canvas().tokenRect(0, {0, probe::kImage, 0}).has_value());
  EXPECT_FALSE(canvas().tokenRect(1, {0, probe::kImage, 0}).has_value());
}

}  // namespace
}  // namespace limoe::gui
