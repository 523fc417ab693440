// The keyboard: every key of the sheet, the way round the panels, and names of all controls.
#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSpinBox>
#include <QAccessible>
#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QDockWidget>
#include <QFileDialog>
#include <QImage>
#include <QLabel>
#include <QLineEdit>
#include <QMenuBar>
#include <QPointer>
#include <QPushButton>
#include <QSlider>
#include <QTabBar>
#include <QTest>
#include <QTimer>
#include <set>

#include "gui/compare/compare_view.h"
#include "gui/inspect/own_probe_dialog.h"
#include "gui/window/command_palette.h"
#include "gui/window/filter_bar.h"
#include "gui/window/key_sheet.h"
#include "gui/window/message_bar.h"
#include "gui/window/new_run_dialog.h"
#include "tests/gui/window/window_fixture.h"

namespace limoe::gui::test {
namespace {

class KeysTest : public WindowTest {
 protected:
  /// Presses a key that opens a modal dialog; the dialog's class name, which is then closed.
  QString dialogOf(int key, Qt::KeyboardModifiers modifiers) {
    window->activateWindow();  // the dialog before may have left no window active
    waitUntil([this] { return QApplication::activeWindow() == window.get(); });
    QString seen;
    QTimer look;
    QObject::connect(&look, &QTimer::timeout, window.get(), [&] {
      if (auto* dialog = qobject_cast<QDialog*>(QApplication::activeModalWidget())) {
        seen = dialog->metaObject()->className();
        look.stop();
        dialog->reject();
      }
    });
    look.start(20);
    press(key, modifiers);
    waitUntil([&] { return !seen.isEmpty(); }, 3000);
    return seen;
  }
};

TEST_F(KeysTest, CanvasKeysZoomAndScroll) {
  show();
  open(makeRun("a"));
  const auto width = [this] { return window->canvas()->tokenRect({0, probe::kImage, 0})->width(); };
  press(Qt::Key_F);
  const double fitted = width();
  press(Qt::Key_0, Qt::ControlModifier);
  EXPECT_NEAR(width(), 8, 0.01);  // a patch has 8 pixels: one for each on the screen
  press(Qt::Key_F);
  EXPECT_NEAR(width(), fitted, 0.01);
}

TEST_F(KeysTest, DialogsOpenByTheirKeys) {
  show();
  open(makeRun("a"));
  EXPECT_EQ(dialogOf(Qt::Key_O, Qt::ControlModifier), "QFileDialog");
  EXPECT_EQ(dialogOf(Qt::Key_E, Qt::ControlModifier), "QFileDialog");
  EXPECT_EQ(dialogOf(Qt::Key_N, Qt::ControlModifier), "limoe::gui::NewRunDialog");
}

TEST_F(KeysTest, ReloadLooksAtTheDisk) {
  show();
  open(makeRun("a"));
  makeRun("b");
  press(Qt::Key_F5);
  EXPECT_TRUE(
      waitUntil([this] { return find<QAbstractItemView>("runsList")->model()->rowCount() == 2; }));
}

TEST_F(KeysTest, TrainingKeysAreTheRunsActions) {
  EXPECT_EQ(find<QAction>("trainAction")->shortcut(), QKeySequence(Qt::Key_T));
  EXPECT_EQ(find<QAction>("stepAction")->shortcut(), QKeySequence(Qt::Key_Period));
}

TEST_F(KeysTest, F6GoesRoundThePanelsAndShiftF6Back) {
  show();
  open(makeRun("a"));
  window->canvas()->setFocus();
  std::vector<QWidget*> seen;
  for (int i = 0; i < 12; ++i) {
    seen.push_back(QApplication::focusWidget());
    pressHere(Qt::Key_F6);
    if (QApplication::focusWidget() == window->canvas()) {
      break;
    }
  }
  ASSERT_EQ(QApplication::focusWidget(), window->canvas());
  const auto visited = [&](const char* dock) {
    const auto* panel = find<QDockWidget>(dock);
    return std::any_of(seen.begin(), seen.end(),
                       [panel](const QWidget* widget) { return panel->isAncestorOf(widget); });
  };
  for (const char* dock : {"runsDock", "expertsDock", "sharesDock", "curvesDock"}) {
    EXPECT_TRUE(visited(dock)) << dock;
  }
  pressHere(Qt::Key_F6, Qt::ShiftModifier);
  EXPECT_EQ(QApplication::focusWidget(), seen.back());
}

TEST_F(KeysTest, TabReachesEveryPanelFromTheCanvas) {
  show();
  open(makeRun("a"));
  press(Qt::Key_F, Qt::ControlModifier);
  std::set<QWidget*> reached;
  QWidget* const first = QApplication::focusWidget();
  const QWidget* before = nullptr;
  do {
    QWidget* focus = QApplication::focusWidget();
    // The wall has the keyboard twice: itself, then the controls drawn on it. Nothing else may.
    EXPECT_TRUE(reached.insert(focus).second || (focus == window->canvas() && focus == before))
        << focus->objectName().toStdString();
    before = focus;
    QTest::keyClick(focus, Qt::Key_Tab);
  } while (QApplication::focusWidget() != first && reached.size() < 300 && !HasFailure());
  EXPECT_EQ(QApplication::focusWidget(), first);
  for (const char* name :
       {"filterWord", "filterLabel", "filterExpert", "filterGate", "filterDropped", "wallOrder",
        "filterClose", "timeSlider", "stepEdit", "followButton", "runsList"}) {
    EXPECT_TRUE(reached.contains(window->findChild<QWidget*>(name))) << name;
  }
  EXPECT_TRUE(reached.contains(window->canvas()));
}

bool isTyped(const QWidget* widget) {
  const auto* list = qobject_cast<const QComboBox*>(widget);
  return qobject_cast<const QLineEdit*>(widget) || qobject_cast<const QAbstractSpinBox*>(widget) ||
         widget->inherits("QPlainTextEdit") || (list && list->isEditable());
}

TEST_F(KeysTest, TheWindowsKeysWorkFromEveryControlWhereNoTextIsTyped) {
  show();
  open(makeRun("a"));
  ViewState& state = window->viewState();
  const auto select = [&state] {
    state.setSelectedToken(TokenRef{0, probe::kImage, 5});
    state.toggleSelectedExpert(2);
  };
  select();
  QTest::qWait(300);
  int controls = 0;
  std::vector<QWidget*> places = {window->centralWidget()};
  for (QDockWidget* dock : window->findChildren<QDockWidget*>()) {
    places.push_back(dock);
  }
  for (QWidget* place : places) {
    if (auto* dock = qobject_cast<QDockWidget*>(place)) {
      dock->raise();
      QTest::qWait(60);
    }
    for (QWidget* control : place->findChildren<QWidget*>()) {
      if (!control->isVisible() || !control->isEnabled() || isTyped(control) ||
          !(control->focusPolicy() & Qt::TabFocus)) {
        continue;
      }
      control->setFocus(Qt::TabFocusReason);
      if (QApplication::focusWidget() != control) {
        continue;  // it gives the keyboard to another
      }
      ++controls;
      const std::string name =
          control->metaObject()->className() + (" " + control->objectName()).toStdString();
      pressHere(Qt::Key_BracketRight);
      EXPECT_EQ(state.layer(), 1) << name;
      pressHere(Qt::Key_BracketLeft);
      EXPECT_EQ(state.layer(), 0) << name;
      pressHere(Qt::Key_O);
      EXPECT_FALSE(state.overlayVisible()) << name;
      state.setOverlayVisible(true);
      pressHere(Qt::Key_3);
      EXPECT_EQ(state.selectedExpert(), 3) << name;
      pressHere(Qt::Key_2);
      EXPECT_EQ(state.selectedExpert(), 2) << name;
      pressHere(Qt::Key_H);
      EXPECT_TRUE(state.isHidden(2)) << name;
      state.showAllExperts();
      pressHere(Qt::Key_Escape);
      EXPECT_EQ(state.selectedExpert(), std::nullopt) << name;
      EXPECT_EQ(state.selectedToken(), std::nullopt) << name;
      select();
    }
  }
  EXPECT_GE(controls, 20);
}

TEST_F(KeysTest, AControlKeepsTheKeysThatItNeedsItself) {
  show();
  open(makeRun("a"));
  ViewState& state = window->viewState();
  ASSERT_EQ(state.snapshot(), 4);
  auto* smoothing = find<QSlider>("smoothing");
  smoothing->setFocus();
  const int before = smoothing->value();
  pressHere(Qt::Key_Left);
  EXPECT_LT(smoothing->value(), before);
  EXPECT_EQ(state.snapshot(), 4);
  // A list of runs has nothing to fold: the arrows step through time, and End goes to the newest.
  find<QAbstractItemView>("runsList")->setFocus();
  pressHere(Qt::Key_Left);
  EXPECT_EQ(state.snapshot(), 3);
  find<QSlider>("timeSlider")->setFocus();
  pressHere(Qt::Key_Left);
  EXPECT_EQ(state.snapshot(), 2);
  pressHere(Qt::Key_End);
  EXPECT_EQ(state.snapshot(), 4);
  EXPECT_TRUE(state.followsNewest());
}

TEST_F(KeysTest, AnEntryOfALongListIsFoundByItsLetters) {
  show();
  open(makeRun("a"));
  QComboBox labels(window.get());
  for (int i = 0; i < 12; ++i) {
    labels.addItem(QString("other %1").arg(i));
  }
  labels.addItems({"rock", "road"});
  labels.show();
  labels.setFocus();
  for (const int key : {Qt::Key_R, Qt::Key_O, Qt::Key_A}) {  // O is the overlay's key
    pressHere(key);
  }
  EXPECT_EQ(labels.currentText(), "road");
  EXPECT_TRUE(window->viewState().overlayVisible());
}

TEST_F(KeysTest, EachPanelHasAKeyThatShowsItAndGoesThere) {
  show();
  open(makeRun("a"));
  find<QDockWidget>("sharesDock")->close();
  const char* docks[] = {"runsDock",   "liveValuesDock", "expertsDock", "tokenDock", "galleryDock",
                         "sharesDock", "layerDock",      "whatIfDock",  "curvesDock"};
  window->canvas()->setFocus();
  for (int i = 0; i < 9; ++i) {
    auto* dock = find<QDockWidget>(docks[i]);
    pressHere(Qt::Key_1 + i, Qt::ControlModifier);
    EXPECT_TRUE(waitUntil([dock] { return !dock->visibleRegion().isEmpty(); })) << docks[i];
    // Without a worker, a token, an expert and recorded probabilities four have no controls.
    if (i != 1 && i != 3 && i != 4 && i != 7) {
      EXPECT_TRUE(dock->isAncestorOf(QApplication::focusWidget())) << docks[i];
    }
  }
  find<QComboBox>("layers")->setFocus();
  pressHere(Qt::Key_W);
  EXPECT_EQ(QApplication::focusWidget(), window->canvas());
}

/// That every control in `root` has a name for those who cannot see it, and a tool tip. Returns how
/// many there are.
int expectNames(const QWidget& root) {
  int controls = 0;
  for (QWidget* widget : root.findChildren<QWidget*>()) {
    const QString name = widget->objectName();
    const bool is_control =
        qobject_cast<QAbstractButton*>(widget) || qobject_cast<QComboBox*>(widget) ||
        qobject_cast<QSlider*>(widget) || qobject_cast<QLineEdit*>(widget) ||
        (widget->focusPolicy() != Qt::NoFocus && !qobject_cast<QMenuBar*>(widget));
    // Fields inside a spin box or a list, and a menu, are part of what holds them; Qt keeps empty
    // bars of tabs.
    const bool is_part =
        (name.startsWith("qt_spinbox") || name == "qt_scrollarea_viewport" ||
         widget->inherits("QMenu") || widget->inherits("QComboBoxPrivateContainer") ||
         widget->inherits("QComboBoxListView") || widget->inherits("QScrollBar") ||
         widget->inherits("QHeaderView") || widget->inherits("QTableCornerButton") ||
         qobject_cast<QLabel*>(widget) || widget->inherits("QLineEditIconButton") ||
         qobject_cast<QDialog*>(widget) ||
         (qobject_cast<QTabBar*>(widget) && qobject_cast<QTabBar*>(widget)->count() == 0));
    if (!is_control || is_part) {
      continue;
    }
    ++controls;
    QStringList place;
    for (const QWidget* at = widget; at; at = at->parentWidget()) {
      place.prepend(QString("%1 “%2”").arg(at->metaObject()->className(), at->objectName()));
    }
    const auto* accessible = QAccessible::queryAccessibleInterface(widget);
    if (!accessible || accessible->text(QAccessible::Name).isEmpty()) {
      ADD_FAILURE() << "no name: " << place.join(" / ").toStdString();
    }
    // A chart tells what is under the pointer instead.
    EXPECT_TRUE(!widget->toolTip().isEmpty() || widget->inherits("QCustomPlot") ||
                widget->inherits("QOpenGLWidget") || widget->inherits("QTableView"))
        << "no tooltip: " << place.join(" / ").toStdString();
  }
  return controls;
}

TEST_F(KeysTest, EveryControlOfAComparisonHasANameAndATooltip) {
  const QString a = makeRun("a");
  const QString b = makeRun("b");
  show();
  window->comparePaths({a, b});
  ASSERT_TRUE(waitUntil([this] { return window->isComparing() && window->isSettled(); }));
  EXPECT_GT(expectNames(*window->compareView()), 12);
}

TEST_F(KeysTest, EveryControlHasAnAccessibleNameAndATooltip) {
  show();
  open(makeRun("a"));
  press(Qt::Key_F, Qt::ControlModifier);
  press(Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier);
  window->findChild<MessageBar*>()->post(MessageBar::Kind::Error, "A message", "and its log");
  EXPECT_GT(expectNames(*window), 30);
}

TEST_F(KeysTest, EveryControlOfTheDialogsHasThemToo) {
  show();
  open(makeRun("a"));
  NewRunDialog new_run({folder.filePath("runs"), "run", {}}, window.get());
  EXPECT_GE(expectNames(new_run), 7);
  const QString file = folder.filePath("cat.png");
  ASSERT_TRUE(QImage(16, 16, QImage::Format_RGB32).save(file));
  OwnProbeDialog own(std::make_shared<ReaderThread>(), LIMOE_FAKE_WORKER, window.get());
  own.addImages({file});
  own.addCaption("a cat");
  EXPECT_GE(expectNames(own), 7);
  window->findChild<MessageBar*>()->post(MessageBar::Kind::Error, "A message", "and its log");
  find<QPushButton>("messageDetails")->click();
  EXPECT_GE(expectNames(*find<QDialog>("messageDetailsDialog")), 1);
  press(Qt::Key_Question);
  ASSERT_TRUE(waitUntil([this] { return find<QDialog>("keySheet") != nullptr; }));
  EXPECT_GE(expectNames(*find<QDialog>("keySheet")), 2);
}

TEST_F(KeysTest, TheSheetHasEveryKeyOfTheMenusAndTheMouse) {
  show();
  press(Qt::Key_Question);
  QDialog* sheet = nullptr;
  ASSERT_TRUE(waitUntil([&] {
    sheet = window->findChild<QDialog*>("keySheet");
    return sheet && sheet->isVisible();
  }));
  QStringList lines, groups;
  for (const QLabel* label : sheet->findChildren<QLabel*>()) {
    (label->objectName() == "keyGroup" ? groups : lines) << label->text();
  }
  EXPECT_THAT(groups, testing::ElementsAre("File", "View", "Go", "Experts", "Run", "Help",
                                           "Mouse on the image wall", "Anywhere"));
  for (const QAction* action : window->findChildren<QAction*>()) {
    const QString key = action->shortcut().toString(QKeySequence::NativeText);
    const bool digit = key.size() == 1 && key[0].isDigit();
    EXPECT_TRUE(key.isEmpty() || digit ||
                lines.contains(QString("<b>%1</b>").arg(key.toHtmlEscaped())))
        << key.toStdString();
  }
  for (const char* gesture : {"Drag", "Wheel", "Double click"}) {
    EXPECT_TRUE(lines.contains(QString("<b>%1</b>").arg(gesture))) << gesture;
  }
  // The window still has the keyboard's other keys once the sheet is gone.
  sheet->activateWindow();
  ASSERT_TRUE(waitUntil([sheet] { return QApplication::activeWindow() == sheet; }));
  QTest::keyClick(sheet, Qt::Key_Escape);
  EXPECT_TRUE(waitUntil([closed = QPointer(sheet)] { return !closed || !closed->isVisible(); }));
}

TEST_F(KeysTest, TheTabBehindAnotherIsShownByItsCommand) {
  show();
  open(makeRun("a"));
  auto* shares = find<QDockWidget>("sharesDock");
  auto* curves = find<QDockWidget>("curvesDock");
  window->tabifyDockWidget(curves, shares);
  curves->raise();
  QTest::qWait(50);
  ASSERT_TRUE(shares->visibleRegion().isEmpty());
  press(Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier);
  type("panel modality");
  pressHere(Qt::Key_Return);
  EXPECT_TRUE(waitUntil([&] { return !shares->visibleRegion().isEmpty(); }));
  EXPECT_TRUE(shares->isAncestorOf(QApplication::focusWidget()));
}

}  // namespace
}  // namespace limoe::gui::test
