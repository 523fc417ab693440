// The command palette: finding by letters, and doing what was found.
#include <QApplication>
#include <QComboBox>
#include <QLineEdit>
#include <QListView>
#include <QTest>

#include "gui/inspect/heat_map_view.h"
#include "gui/inspect/layer_view.h"
#include "gui/window/command_palette.h"
#include "gui/window/fuzzy_match.h"
#include "tests/gui/window/window_fixture.h"

namespace limoe::gui::test {
namespace {

using testing::ElementsAre;

std::vector<qsizetype> places(const QString& typed, const QString& title) {
  const auto match = matchWords(typed, title);
  return match ? match->places : std::vector<qsizetype>{-1};
}

TEST(FuzzyMatch, FindsWordsInAnyOrderAndMarksTheirLetters) {
  // G o _ › _ P r e v i o u s _ l  a  y  e  r
  // 0 1 2 3 4 5 6 7 8 9 …     12 13 14
  const QString title = QString::fromUtf8("Go › Previous layer");
  EXPECT_THAT(places("lay prev", title), ElementsAre(5, 6, 7, 8, 14, 15, 16));
  EXPECT_THAT(places("VIOUS", title), ElementsAre(8, 9, 10, 11, 12));
  EXPECT_THAT(places("pl", title), ElementsAre(5, 14));  // letters at the words' beginnings
  EXPECT_THAT(places("next", title), ElementsAre(-1));
  EXPECT_THAT(places("prev next", title), ElementsAre(-1));  // every word counts
  EXPECT_THAT(places("", title), ElementsAre());
}

TEST(FuzzyMatch, BeginningsOfWordsComeBeforeTheirMiddles) {
  const auto score = [](const char* title) { return matchWords("lay", title)->score; };
  EXPECT_GT(score("Next layer"), score("Display"));
  EXPECT_GT(score("Display"), score("Look at years"));  // l … a … y: letters only
}

class PaletteTest : public WindowTest {
 protected:
  void openPalette() {
    press(Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier);
    ASSERT_TRUE(palette()->isVisible());
    ASSERT_EQ(QApplication::focusWidget(), find<QLineEdit>("paletteText"));
  }
  CommandPalette* palette() const { return window->findChild<CommandPalette*>(); }
  /// Opens, types, presses Enter, and lets the command run.
  void runCommand(const QString& text) {
    openPalette();
    type(text);
    pressHere(Qt::Key_Return);
    QTest::qWait(20);
  }
};

TEST_F(PaletteTest, HoldsEveryActionOfTheMenusAlsoThoseWithoutKeys) {
  show();
  open(makeRun("a"));
  openPalette();
  const QStringList titles = palette()->titles();
  for (const char* title :
       {"File › Open…", "File › Open recent › None yet", "View › Panels › Default layout",
        "View › Appearance › Dark", "View › Scale › 125 %", "Go › Play",
        "Experts › Show all experts", "Run › Start the demo run", "Help › About LIMoE Scope",
        "Go › Panel › Experts", "Layer 2", "Expert 3"}) {
    EXPECT_TRUE(titles.contains(QString::fromUtf8(title))) << title;
  }
}

TEST_F(PaletteTest, DoesWhatWasFoundAndGivesTheKeyboardBack) {
  show();
  open(makeRun("a"));
  window->canvas()->setFocus();
  ViewState& state = window->viewState();
  runCommand("layer 2");
  EXPECT_EQ(state.layer(), 1);
  EXPECT_FALSE(palette()->isVisible());
  EXPECT_EQ(QApplication::focusWidget(), window->canvas());
  runCommand("expert 3");
  EXPECT_EQ(state.selectedExpert(), 3);
  runCommand("step 60");  // between 50 and 75: snapshot 2
  EXPECT_EQ(state.snapshot(), 2);
  runCommand("hide panels");
  EXPECT_FALSE(window->findChild<QWidget*>("expertsDock")->isVisible());
}

TEST_F(PaletteTest, ArrowsChooseAndEscapeClosesWithoutDoingAnything) {
  show();
  open(makeRun("a"));
  window->viewState().toggleSelectedExpert(1);
  openPalette();
  type("layer");
  const QStringList titles = palette()->titles();
  const auto* list = find<QListView>("paletteList");
  EXPECT_EQ(list->currentIndex().row(), 0);
  pressHere(Qt::Key_Down);
  pressHere(Qt::Key_Down);
  EXPECT_EQ(list->currentIndex().row(), 2);
  pressHere(Qt::Key_Up);
  EXPECT_EQ(list->currentIndex().row(), 1);
  pressHere(Qt::Key_Up);
  pressHere(Qt::Key_Up);  // round to the last
  EXPECT_EQ(list->currentIndex().row(), titles.size() - 1);
  pressHere(Qt::Key_Escape);
  QTest::qWait(20);
  EXPECT_FALSE(palette()->isVisible());
  EXPECT_EQ(window->viewState().layer(), 0);
  EXPECT_EQ(window->viewState().selectedExpert(), 1);  // Esc meant the palette alone
}

TEST_F(PaletteTest, SaysWhyACommandCannotBeDoneAndDoesNotDoIt) {
  show();
  open(makeRun("a"));
  openPalette();
  type("solo");
  const auto* list = find<QListView>("paletteList");
  const QModelIndex first = list->model()->index(0, 0);
  EXPECT_EQ(first.data().toString(), QString::fromUtf8("Experts › Solo"));
  EXPECT_FALSE(first.flags().testFlag(Qt::ItemIsEnabled));
  EXPECT_THAT(first.data(Qt::ToolTipRole).toString().toStdString(),
              testing::HasSubstr("select an expert first"));
  pressHere(Qt::Key_Return);
  QTest::qWait(20);
  EXPECT_EQ(window->viewState().soloExpert(), std::nullopt);
}

TEST_F(PaletteTest, FindsAnExpertByTheNameItWasGiven) {
  show();
  open(makeRun("a"));
  window->viewState().setExpertName(0, 2, "words on signs");
  runCommand("signs");
  EXPECT_EQ(window->viewState().selectedExpert(), 2);
}

TEST_F(PaletteTest, OfWhatIsFoundEquallyWellThatWithAKeyComesFirst) {
  show();
  open(makeRun("a"));
  openPalette();
  type("pan runs");  // “Panels › Runs” hides it, “Panel › Runs” goes there
  EXPECT_EQ(palette()->titles().value(0), QString::fromUtf8("Go › Panel › Runs"));
}

TEST_F(PaletteTest, AWordOrLabelIsAQuestionThatTheHeatMapAnswers) {
  show();
  open(makeRun("a"));
  Digests& digests = window->digests();
  ASSERT_TRUE(waitUntil([&] { return digests.texts({}) != nullptr; }));
  openPalette();
  type("HOUSE");
  EXPECT_TRUE(
      palette()->titles().contains(QString::fromUtf8("Which expert takes the word “HOUSE”?")));
  EXPECT_TRUE(palette()->titles().contains(
      QString::fromUtf8("Which expert takes patches labelled “house”?")));
  pressHere(Qt::Key_Escape);
  runCommand("house");  // the label's question comes first
  auto* view = window->findChild<LayerView*>();
  ASSERT_TRUE(waitUntil([&] { return view->heatMap()->cursor().has_value(); }));
  EXPECT_EQ(view->heatMap()->map().columns.size(), 1U);
  EXPECT_EQ(view->heatMap()->map().columns[0].title, "house");
  EXPECT_EQ(window->viewState().selectedExpert(),
            static_cast<int64_t>(*view->heatMap()->cursor()->row));
}

TEST_F(PaletteTest, LeadsToTheColumnsAndToWhereOneTypes) {
  show();
  open(makeRun("a"));
  openPalette();
  type("heat");
  EXPECT_TRUE(palette()->titles().contains("Heat map: patches by label (labels)"));
  type(" words");
  EXPECT_TRUE(palette()->titles().contains("Heat map: text tokens by word (words)"));
  pressHere(Qt::Key_Escape);
  runCommand("heat text tokens");
  EXPECT_EQ(find<QComboBox>("kinds")->currentText(), "Text tokens by word");
  press(Qt::Key_F, Qt::ControlModifier | Qt::ShiftModifier);
  EXPECT_EQ(QApplication::focusWidget(), find<QLineEdit>("find"));
  // Experts say their layer, and those of other layers are found by name.
  window->viewState().setExpertName(1, 2, "words on signs");
  openPalette();
  type("signs");
  EXPECT_EQ(find<QListView>("paletteList")->model()->index(0, 0).data().toString(),
            QString::fromUtf8("Expert 2 · words on signs (block 3)"));
  pressHere(Qt::Key_Return);
  QTest::qWait(20);
  EXPECT_EQ(window->viewState().layer(), 1);
  EXPECT_EQ(window->viewState().selectedExpert(), 2);
}

TEST_F(PaletteTest, AClickDoesACommandAndAClickElsewhereClosesIt) {
  show();
  open(makeRun("a"));
  openPalette();
  type("layer 2");
  auto* list = find<QListView>("paletteList");
  const QRect row = list->visualRect(list->model()->index(0, 0));
  QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, row.center());
  QTest::qWait(20);
  EXPECT_EQ(window->viewState().layer(), 1);
  openPalette();
  window->canvas()->setFocus(Qt::MouseFocusReason);
  EXPECT_FALSE(palette()->isVisible());
}

}  // namespace
}  // namespace limoe::gui::test
