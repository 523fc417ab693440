// Light and dark, and sizes from 75 to 200 %, at run time.
#include <QAbstractButton>
#include <QApplication>
#include <QComboBox>
#include <QDockWidget>
#include <QFontInfo>
#include <QFontMetrics>
#include <QHelpEvent>
#include <QImage>
#include <QLabel>
#include <QPointer>
#include <QScreen>
#include <QSettings>
#include <QTest>
#include <QToolBar>
#include <QToolTip>
#include <QTreeWidget>
#include <cmath>
#include <map>
#include <set>

#include "gui/view/wrapped_tips.h"
#include "gui/window/message_bar.h"
#include "tests/gui/window/window_fixture.h"

namespace limoe::gui::test {
namespace {

/// WCAG 2: relative luminance of sRGB.
double luminance(const QColor& color) {
  const auto linear = [](double c) {
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) +
         0.0722 * linear(color.blueF());
}

double contrast(const QColor& a, const QColor& b) {
  const double la = luminance(a);
  const double lb = luminance(b);
  return (std::max(la, lb) + 0.05) / (std::min(la, lb) + 0.05);
}

TEST(Appearance, EveryTextHasAContrastOfAtLeastFourAndAHalf) {
  EXPECT_NEAR(contrast(Qt::black, Qt::white), 21, 1e-9);
  using Role = QPalette::ColorRole;
  const std::vector<std::pair<Role, Role>> pairs = {{Role::WindowText, Role::Window},
                                                    {Role::Text, Role::Base},
                                                    {Role::Text, Role::AlternateBase},
                                                    {Role::ButtonText, Role::Button},
                                                    {Role::PlaceholderText, Role::Base},
                                                    {Role::PlaceholderText, Role::Window},
                                                    {Role::PlaceholderText, Role::AlternateBase},
                                                    {Role::HighlightedText, Role::Highlight},
                                                    {Role::Link, Role::Window},
                                                    {Role::Link, Role::Base},
                                                    {Role::LinkVisited, Role::Base},
                                                    {Role::ToolTipText, Role::ToolTipBase}};
  for (const QPalette& palette : {lightPalette(), darkPalette()}) {
    for (const auto& [text, ground] : pairs) {
      EXPECT_GE(contrast(palette.color(text), palette.color(ground)), 4.5)
          << palette.color(text).name().toStdString() << " on "
          << palette.color(ground).name().toStdString();
    }
  }
  for (const ColorScheme scheme : {ColorScheme::Dark, ColorScheme::Light}) {
    applyAppearance({scheme, 100});
    for (const auto kind :
         {MessageBar::Kind::Information, MessageBar::Kind::Warning, MessageBar::Kind::Error}) {
      EXPECT_GE(contrast(QApplication::palette().color(QPalette::WindowText),
                         messagePalette(kind).color(QPalette::Window)),
                4.5);
    }
  }
}

TEST(Appearance, ScalesGoUpAndDownByTheOfferedOnes) {
  EXPECT_EQ(nextScale(100, 1), 110);
  EXPECT_EQ(nextScale(100, -1), 90);
  EXPECT_EQ(nextScale(200, 1), 200);
  EXPECT_EQ(nextScale(75, -1), 75);
  EXPECT_EQ(nearestScale(130), 125);
  EXPECT_EQ(nearestScale(100000), 200);
}

class AppearanceTest : public WindowTest {
 protected:
  void choose(const char* action) {
    find<QAction>(action)->trigger();
    QTest::qWait(150);
  }
  /// Columns of pixels that a dock's title takes up.
  static int titleWidth(QDockWidget* dock) {
    const QImage picture = dock->grab({0, 0, dock->width() / 2, dock->widget()->y()}).toImage();
    const QRgb ground = picture.pixel(0, 0);
    int last = 0;
    for (int x = 0; x < picture.width(); ++x) {
      for (int y = 0; y < picture.height(); ++y) {
        last = std::abs(qGray(picture.pixel(x, y)) - qGray(ground)) > 60 ? x : last;
      }
    }
    return last;
  }
  /// Different colours on the canvas: some where images are drawn.
  std::size_t canvasColors() const {
    const QImage picture = window->canvas()->grab().toImage();
    std::set<QRgb> colors;
    for (int y = 0; y < picture.height(); y += 5) {
      for (int x = 0; x < picture.width(); x += 5) {
        colors.insert(picture.pixel(x, y));
      }
    }
    return colors.size();
  }
  static QList<QPointer<QWidget>> pointersTo(const QList<QWidget*>& widgets) {
    return {widgets.begin(), widgets.end()};
  }
  /// That every button and list on the screen is as large as what is written on it.
  void expectWholeControls(const char* when, std::set<QWidget*>& looked_at) {
    for (const QPointer<QWidget>& widget : pointersTo(window->findChildren<QWidget*>())) {
      if (!widget) {
        continue;  // gone while another was laid out
      }
      const QString name = widget->objectName();
      const bool is_qts_own = widget->inherits("QLineEditIconButton") || name.startsWith("qt_") ||
                              name == "ScrollLeftButton" || name == "ScrollRightButton";
      const bool whole = (qobject_cast<QAbstractButton*>(widget.data()) && !is_qts_own) ||
                         qobject_cast<QComboBox*>(widget.data());
      if (!whole || widget->visibleRegion().isEmpty() || !looked_at.insert(widget.data()).second) {
        continue;
      }
      const auto is_whole = [widget = QPointer<QWidget>(widget)] {
        return !widget || (widget->width() >= widget->minimumSizeHint().width() &&
                           widget->height() >= widget->minimumSizeHint().height() - 2);
      };
      EXPECT_TRUE(waitUntil(is_whole, 5000)) << when << " " << name.toStdString();
    }
  }
  /// Mean lightness of what a widget shows, 0 … 255.
  static double lightness(QWidget* widget) {
    const QImage picture = widget->grab().toImage().scaled(64, 64);
    double sum = 0;
    for (int y = 0; y < 64; ++y) {
      for (int x = 0; x < 64; ++x) {
        sum += qGray(picture.pixel(x, y));
      }
    }
    return sum / (64 * 64);
  }
  std::vector<QWidget*> panels() const {
    std::vector<QWidget*> panels;
    for (const char* name :
         {"runsDock", "liveValuesDock", "expertsDock", "tokenDock", "galleryDock", "sharesDock",
          "layerDock", "whatIfDock", "curvesDock"}) {
      panels.push_back(window->findChild<QDockWidget*>(name)->widget());
    }
    return panels;
  }
};

TEST_F(AppearanceTest, EveryPanelAndTheCanvasRepaintAtOnce) {
  show();
  open(makeRun("a"));
  window->findChild<MessageBar*>()->post(MessageBar::Kind::Warning, "A warning");
  const auto corner = [this] {  // of the canvas, where no image is
    const QImage picture = window->canvas()->grab().toImage();
    return qGray(picture.pixel(picture.width() - 3, picture.height() / 2));
  };
  choose("darkAppearanceAction");
  EXPECT_LT(corner(), 70);
  for (QWidget* panel : panels()) {
    EXPECT_LT(lightness(panel), 110) << panel->metaObject()->className();
  }
  EXPECT_LT(lightness(window->findChild<QWidget*>("messageRow")), 128);
  EXPECT_LT(lightness(window->findChild<QToolBar*>()), 110);
  choose("lightAppearanceAction");
  EXPECT_GT(corner(), 190);
  for (QWidget* panel : panels()) {
    EXPECT_GT(lightness(panel), 150) << panel->metaObject()->className();
  }
  EXPECT_GT(lightness(window->findChild<QWidget*>("messageRow")), 150);
}

TEST_F(AppearanceTest, EveryTextGrowsAndNothingIsClipped) {
  show();
  open(makeRun("a"));
  window->resize(1600, 1000);
  press(Qt::Key_F, Qt::ControlModifier);
  std::map<QWidget*, int> at_100;
  for (QWidget* widget : window->findChildren<QWidget*>()) {
    if (widget->isVisible()) {
      at_100[widget] = QFontInfo(widget->font()).pixelSize();
    }
  }
  ASSERT_GT(at_100.size(), 30u);
  auto* runs = find<QDockWidget>("runsDock");
  const int title = titleWidth(runs);
  const int runs_width = runs->width();
  for (const auto& [action, factor] : {std::pair("scale200Action", 2.0), {"scale75Action", 0.75}}) {
    choose(action);
    QTest::qWait(200);
    for (const auto& [widget, pixels] : at_100) {
      EXPECT_NEAR(QFontInfo(widget->font()).pixelSize(), pixels * factor, 1.5)
          << widget->metaObject()->className() << " " << widget->objectName().toStdString();
    }
    std::set<QWidget*> looked_at;
    for (QDockWidget* dock : window->findChildren<QDockWidget*>()) {
      dock->raise();  // behind another tab it is not laid out
      QTest::qWait(150);
      expectWholeControls(action, looked_at);
    }
    EXPECT_GT(looked_at.size(), 20u);
    EXPECT_NEAR(titleWidth(runs), title * factor, title * 0.15) << action;
    EXPECT_GT(canvasColors(), 10u) << action;
    // Every panel keeps a place, and the wall, too, below the bar for filters.
    EXPECT_EQ(window->size(), QSize(1600, 1000)) << action;
    EXPECT_GT(window->canvas()->width(), 400) << action;
    EXPECT_GT(window->canvas()->height(), 190) << action;
  }
  choose("scale100Action");
  QTest::qWait(200);
  EXPECT_NEAR(runs->width(), runs_width, 8);
}

TEST_F(AppearanceTest, LargeLettersOnASmallScreenMakeNoWindowGrowAndNoPanelsOverlap) {
  show();
  open(makeRun("a"));
  ASSERT_EQ(window->size(), QSize(1280, 800));
  choose("scale200Action");
  QTest::qWait(300);
  for (const char* front : {"sharesDock", "layerDock", "whatIfDock", "tokenDock", "galleryDock"}) {
    find<QDockWidget>(front)->raise();
    QTest::qWait(100);
    EXPECT_EQ(window->size(), QSize(1280, 800)) << front;
    std::vector<QRect> places = {window->centralWidget()->geometry()};
    for (const QDockWidget* dock : window->findChildren<QDockWidget*>()) {
      if (!dock->visibleRegion().isEmpty()) {
        for (const QRect& other : places) {
          EXPECT_FALSE(other.intersects(dock->geometry())) << front;
        }
        EXPECT_TRUE(window->rect().contains(dock->geometry())) << front;
        places.push_back(dock->geometry());
      }
    }
    EXPECT_GE(places.size(), 6u);
  }
  press(Qt::Key_F, Qt::ControlModifier);
  QTest::qWait(150);
  EXPECT_EQ(window->size(), QSize(1280, 800));
  std::vector<QWidget*> column;  // from above: none may lie on another
  for (const char* name : {"filterBar", "canvas", "health", "timeBar"}) {
    auto* part = name == std::string("canvas") ? static_cast<QWidget*>(window->canvas())
                                               : window->findChild<QWidget*>(name);
    ASSERT_NE(part, nullptr) << name;
    column.push_back(part);
  }
  for (std::size_t i = 1; i < column.size(); ++i) {
    const int above = column[i - 1]->mapTo(window.get(), QPoint(0, column[i - 1]->height())).y();
    EXPECT_LE(above, column[i]->mapTo(window.get(), QPoint()).y()) << i;
  }
}

TEST_F(AppearanceTest, AFloatingPanelIsSeenToBeApart) {
  show();
  open(makeRun("a"));
  auto* dock = find<QDockWidget>("layerDock");
  dock->raise();
  QTest::qWait(100);
  const QRect before(dock->mapToGlobal(QPoint(0, 0)), dock->size());
  QTest::mouseClick(dock->findChild<QAbstractButton*>("qt_dockwidget_floatbutton"), Qt::LeftButton);
  ASSERT_TRUE(dock->isFloating());
  QTest::qWait(150);
  const QRect middle = window->geometry().marginsRemoved(QMargins(300, 200, 300, 200));
  EXPECT_TRUE(middle.contains(dock->geometry().center()))
      << dock->geometry().center().x() << " " << dock->geometry().center().y();
  EXPECT_GE(dock->height(), before.height());
  EXPECT_GE(dock->width(), window->width() * 0.4);
  EXPECT_GT((dock->geometry().topLeft() - before.topLeft()).manhattanLength(), 50);
  EXPECT_EQ(dock->windowTitle(), "Layer");
  dock->setFloating(false);
}

TEST_F(AppearanceTest, AWindowNeverSizedByHandTakesItsShareOfTheScreen) {
  const QSize room = window->screen()->availableSize();
  const auto share = [](int of, int least, int most) {
    return std::max(std::min(qRound(0.85 * of), most), std::min(of, least));
  };
  EXPECT_EQ(window->size(),
            QSize(share(room.width(), 1280, 1920), share(room.height(), 800, 1200)));
}

TEST_F(AppearanceTest, TheListOfRunsNeverScrollsSideways) {
  makeRun("a-run-with-quite-a-long-name");
  show();
  open(makeRun("a"));
  const auto* list = find<QTreeWidget>("runsList");
  ASSERT_TRUE(waitUntil([list] { return list->topLevelItemCount() == 2; }));
  for (const char* action :
       {"scale75Action", "scale100Action", "scale150Action", "scale200Action"}) {
    choose(action);
    QTest::qWait(150);
    int width = 0;
    for (int column = 0; column < list->columnCount(); ++column) {
      width += list->columnWidth(column);
    }
    EXPECT_LE(width, list->viewport()->width()) << action;
    EXPECT_GT(list->columnWidth(0), QFontMetrics(list->font()).horizontalAdvance("a-run-wi"))
        << action;
    EXPECT_FALSE(list->isColumnHidden(0));
  }
}

TEST_F(AppearanceTest, KeysChangeTheScaleAndControlZeroIsTheWalls) {
  show();
  open(makeRun("a"));
  const int before = QFontInfo(QApplication::font()).pixelSize();
  press(Qt::Key_Plus, Qt::ControlModifier);
  press(Qt::Key_Equal, Qt::ControlModifier);  // where + needs Shift
  EXPECT_NEAR(QFontInfo(QApplication::font()).pixelSize(), before * 1.25, 1);
  EXPECT_TRUE(find<QAction>("scale125Action")->isChecked());
  press(Qt::Key_0, Qt::ControlModifier);
  EXPECT_TRUE(find<QAction>("scale125Action")->isChecked());
  press(Qt::Key_Minus, Qt::ControlModifier);
  press(Qt::Key_Minus, Qt::ControlModifier);
  EXPECT_EQ(QFontInfo(QApplication::font()).pixelSize(), before);
}

/// What the tool tip over the middle of `widget` looks like.
QSize tipSize(QWidget& widget, const QPoint& at) {
  QHelpEvent help(QEvent::ToolTip, at, widget.mapToGlobal(at));
  QApplication::sendEvent(&widget, &help);
  QSize size;
  for (const QWidget* top : QApplication::topLevelWidgets()) {
    if (top->isVisible() && top->inherits("QTipLabel")) {
      size = top->size();
    }
  }
  QToolTip::hideText();
  waitUntil([] { return !QToolTip::isVisible(); });
  return size;
}

TEST_F(AppearanceTest, LongToolTipsAreBrokenIntoLines) {
  show();
  const QString sentence = "Thirty letters of a tool tip, ";
  const QFontMetrics metrics(QApplication::font());
  const int widest = metrics.horizontalAdvance(sentence) * 3;
  QLabel label(sentence.repeated(12), window.get());
  label.setToolTip(label.text());
  label.show();
  const QSize long_one = tipSize(label, {2, 2});
  ASSERT_TRUE(long_one.isValid());
  EXPECT_LT(long_one.width(), widest);
  EXPECT_GT(long_one.height(), 4 * metrics.height());
  QTreeWidget list(window.get());
  list.resize(200, 100);
  auto* item = new QTreeWidgetItem(&list, {"an item"});
  item->setToolTip(0, label.text());
  list.show();
  EXPECT_EQ(tipSize(*list.viewport(), list.visualItemRect(item).center()), long_one);
  answerToolTips(label);
  EXPECT_GT(tipSize(label, {2, 2}).width(), widest) << "left to itself";
  label.setToolTip("Two short\nlines");
  EXPECT_LT(tipSize(label, {2, 2}).width(), metrics.horizontalAdvance(sentence));
}

TEST_F(AppearanceTest, LooksAreKept) {
  WindowOptions options;
  options.runs_folder = folder.filePath("runs");
  options.settings_file = folder.filePath("settings.ini");
  {
    MainWindow first(options);
    first.findChild<QAction*>("darkAppearanceAction")->trigger();
    first.findChild<QAction*>("scale150Action")->trigger();
  }
  applyAppearance({});
  const MainWindow second(options);
  EXPECT_TRUE(second.findChild<QAction*>("darkAppearanceAction")->isChecked());
  EXPECT_TRUE(second.findChild<QAction*>("scale150Action")->isChecked());
  EXPECT_LT(QApplication::palette().color(QPalette::Window).lightness(), 100);
  applyAppearance({});
}

}  // namespace
}  // namespace limoe::gui::test
