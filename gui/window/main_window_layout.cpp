// Panels of the window: where they are, how the keyboard goes round them, how large they look.
#include <QApplication>
#include <QDockWidget>
#include <QEvent>
#include <QScreen>
#include <QScrollArea>
#include <QStackedWidget>
#include <QStyle>
#include <QTimer>
#include <QToolBar>
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "gui/canvas/canvas_widget.h"
#include "gui/charts/curves_view.h"
#include "gui/charts/expert_strip.h"
#include "gui/charts/modality_chart.h"
#include "gui/compare/compare_canvas.h"
#include "gui/compare/compare_view.h"
#include "gui/window/dock_controls.h"
#include "gui/window/filter_bar.h"
#include "gui/window/live_values.h"
#include "gui/window/main_window.h"
#include "gui/window/message_bar.h"
#include "gui/window/own_bar.h"
#include "gui/window/runs_panel.h"
#include "gui/window/time_bar.h"
#include "gui/window/waiting_bar.h"

namespace limoe::gui {
namespace {

/// Changes when docks are added or renamed, so that an old layout is not forced onto them.
constexpr int kLayoutVersion = 4;
/// Shares of the window that panels at one side take at most by themselves: the wall comes first.
constexpr double kMostLeft = 0.21;
constexpr double kMostRight = 0.28;
constexpr double kMostHeight = 0.37;
/// Below this a chart shows nothing, however small its letters are.
constexpr int kLeastHeight = 250;
/// Heights in lines of text: of the image wall with its tool strip, and of all in the middle.
constexpr int kLeastWallLines = 6;
constexpr int kCentreLines = 14;
/// Of images, which the filter bar leaves between strip and status line.
constexpr int kLeastImageLines = 6;
/// Share of the window's height that the middle may demand, filter bar and all.
constexpr double kMostCentre = 0.57;
/// Of the screen that is free, in a window that has never been sized by hand; at least so much
/// where the screen has it, at most so much.
constexpr double kShareOfScreen = 0.85;
constexpr QSize kLeastWindow(1280, 800);
constexpr QSize kMostWindow(1920, 1200);
/// Of the window, that a floating panel gets at least; and as far is it from where it was.
constexpr double kFloatingShare = 0.45;
constexpr int kMovedByHand = 24;
/// A panel of this many pixels more or less than it was given has not been resized by the user.
constexpr int kAlike = 4;

/// Holds a panel in a scroll area, as large as the area or else as small as the panel can be. (A
/// QScrollArea gives what it holds the height that it would like, where lines of it can break.)
class PanelHolder : public QWidget {
 public:
  explicit PanelHolder(QWidget* panel) : panel_(panel) { panel->setParent(this); }

  QSize sizeHint() const override { return panel_->sizeHint(); }
  QSize minimumSizeHint() const override {
    return panel_->minimumSizeHint().expandedTo(panel_->minimumSize());
  }

 protected:
  bool event(QEvent* event) override {
    if (event->type() == QEvent::LayoutRequest) {
      updateGeometry();
    }
    return QWidget::event(event);
  }
  void resizeEvent(QResizeEvent* event) override {
    QWidget::resizeEvent(event);
    panel_->setGeometry(rect());
  }

 private:
  QWidget* panel_;
};

/// First control of `panel` that Tab would reach; nullptr: none.
QWidget* firstControl(QWidget* panel) {
  QWidget* widget = panel;
  do {
    const bool inside = widget == panel || panel->isAncestorOf(widget);
    if (inside && widget->isVisible() && widget->isEnabled() &&
        (widget->focusPolicy() & Qt::TabFocus) != 0) {
      return widget;
    }
    widget = widget->nextInFocusChain();
  } while (widget != panel);
  return nullptr;
}

}  // namespace

QSize MainWindow::firstSize() const {
  const QSize room = screen()->availableSize();
  return (room * kShareOfScreen).boundedTo(kMostWindow).expandedTo(room.boundedTo(kLeastWindow));
}

/// A panel that was made to float by its button or a double-click lies where it was, and looks as
/// if nothing had happened: it goes into the middle of the window. One that is dragged stays.
void MainWindow::setApart(QDockWidget* dock, const QPoint& from) {
  if (!dock->isFloating() || !dock->isVisible()) {
    return;
  }
  if (QApplication::mouseButtons() != Qt::NoButton) {
    QTimer::singleShot(50, dock, [this, dock, from] { setApart(dock, from); });
    return;
  }
  if ((dock->pos() - from).manhattanLength() > kMovedByHand) {
    return;  // dragged, or given back by a session
  }
  dock->resize(dock->size().expandedTo(size() * kFloatingShare));
  const QPoint middle = mapToGlobal(rect().center()) - dock->rect().center();
  const QRect room = screen()->availableGeometry();
  dock->move(
      std::clamp(middle.x(), room.left(), std::max(room.left(), room.right() - dock->width())),
      std::clamp(middle.y(), room.top(), std::max(room.top(), room.bottom() - dock->height())));
}

QDockWidget* MainWindow::makeDock(const char* name, const QString& title, QWidget* content,
                                  Qt::DockWidgetArea area, const char* tab_with) {
  auto* dock = new QDockWidget(title, this);
  dock->setObjectName(name);
  // Large letters on a small screen: what has no room is scrolled to. Else the window would outgrow
  // the screen, or panels lie on one another.
  auto* scroll = new QScrollArea(dock);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setFocusPolicy(Qt::NoFocus);
  scroll->setWidgetResizable(true);
  scroll->setWidget(new PanelHolder(content));
  dock->setWidget(scroll);
  addDockWidget(area, dock);
  connect(dock, &QDockWidget::topLevelChanged, this, [this, dock](bool floats) {
    if (floats && isVisible()) {
      const QPoint from = dock->mapToGlobal(QPoint(0, 0));
      QTimer::singleShot(0, dock, [this, dock, from] { setApart(dock, from); });
    }
  });
  nameDockControls(*dock);
  if (auto* front = tab_with ? findChild<QDockWidget*>(tab_with) : nullptr) {
    tabifyDockWidget(front, dock);
    front->raise();
  }
  return dock;
}

void MainWindow::makeDocks() {
  setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
  setCorner(Qt::BottomRightCorner, Qt::BottomDockWidgetArea);
  setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
  runs_panel_ = new RunsPanel(this);
  live_values_ = new LiveValues(this);
  expert_strip_ = new ExpertStrip(state_, this);
  modality_chart_ = new ModalityChart(state_, this);
  curves_ = new CurvesView(state_, this);
  makeDock("runsDock", "Runs", runs_panel_, Qt::LeftDockWidgetArea);
  makeDock("liveValuesDock", "Live values", live_values_, Qt::LeftDockWidgetArea);
  makeDock("expertsDock", "Experts", expert_strip_, Qt::RightDockWidgetArea);
  makeDock("sharesDock", "Modality shares", modality_chart_, Qt::BottomDockWidgetArea);
  makeDock("curvesDock", "Training curves", curves_, Qt::BottomDockWidgetArea);
  makeInspectDocks();
  followFilter();
}

QList<QDockWidget*> MainWindow::docks() const {
  return findChildren<QDockWidget*>(QString(), Qt::FindDirectChildrenOnly);
}

void MainWindow::setDefaultSizes() {
  const auto dock = [this](const char* name) { return findChild<QDockWidget*>(name); };
  const double scale = appearance_.percent / 100.0;
  const auto wide = [&](int width, double most) {
    return std::min(qRound(width * scale), qRound(this->width() * most));
  };
  resizeDocks({dock("runsDock"), dock("expertsDock")},
              {wide(245, kMostLeft), wide(340, kMostRight)}, Qt::Horizontal);
  resizeDocks({dock("runsDock"), dock("liveValuesDock")}, {260, 440}, Qt::Vertical);
  resizeDocks({dock("sharesDock"), dock("curvesDock")}, {480, 550}, Qt::Horizontal);
  const int most_height = qRound(height() * kMostHeight);
  resizeDocks({dock("sharesDock")},
              {std::min(std::max(qRound(250 * scale), kLeastHeight), most_height)}, Qt::Vertical);
}

void MainWindow::resetLayout() {
  layout_with_panels_.clear();
  restoreState(default_layout_, kLayoutVersion);
  setDefaultSizes();
}

void MainWindow::restoreLayout() {
  default_layout_ = saveState(kLayoutVersion);
  if (settings_) {
    restoreGeometry(settings_->value("geometry").toByteArray());
    default_sizes_ = !restoreState(settings_->value("layout").toByteArray(), kLayoutVersion);
  }
}

void MainWindow::showEvent(QShowEvent* event) {
  // Shares of the window as large as it is now that it is seen.
  if (std::exchange(default_sizes_, false)) {
    setDefaultSizes();
  }
  QMainWindow::showEvent(event);
}

void MainWindow::saveLayout() {
  if (settings_) {
    settings_->setValue("geometry", saveGeometry());
    settings_->setValue("layout", sessionLayout().state);
  }
}

void MainWindow::restoreSessionLayout(const QByteArray& layout) {
  had_token_ = state_.selectedToken().has_value();
  had_expert_ = state_.selectedExpert().has_value();
  // Only as the window opens: going from run to run in the list moves no panel.
  if (!std::exchange(layout_given_back_, true) && !layout.isEmpty()) {
    restoreState(layout, kLayoutVersion);
  }
}

SessionKeeper::Layout MainWindow::sessionLayout() const {
  SessionKeeper::Layout layout;
  layout.state = layout_with_panels_.isEmpty() ? saveState(kLayoutVersion) : layout_with_panels_;
  if (!layout_with_panels_.isEmpty()) {
    layout.arrangement = "hidden for a moment";
    return layout;
  }
  for (QDockWidget* dock : docks()) {
    QStringList beside;
    for (const QDockWidget* other : tabifiedDockWidgets(dock)) {
      beside << other->objectName();
    }
    layout.arrangement += QString("%1 %2 %3 %4 %5;")
                              .arg(dock->objectName())
                              .arg(dockWidgetArea(dock))
                              .arg(dock->isFloating())
                              .arg(dock->isHidden())
                              .arg(beside.join(','));
  }
  return layout;
}

void MainWindow::togglePanels() {
  if (!layout_with_panels_.isEmpty()) {
    restoreState(layout_with_panels_, kLayoutVersion);
    layout_with_panels_.clear();
    return;
  }
  layout_with_panels_ = saveState(kLayoutVersion);
  for (QDockWidget* dock : docks()) {
    dock->hide();
  }
}

void MainWindow::showPanel(QDockWidget* dock) {
  layout_with_panels_.clear();
  dock->show();
  dock->raise();
  if (QWidget* control = firstControl(dock->widget())) {
    control->setFocus(Qt::ShortcutFocusReason);
  }
}

void MainWindow::showWall() {
  QWidget* wall = canvas_;
  if (isComparing()) {
    wall = &compare_->canvas();
  }
  wall->setFocus(Qt::ShortcutFocusReason);
}

std::vector<QWidget*> MainWindow::panels() const {
  std::vector<QWidget*> panels;
  for (QWidget* panel : std::initializer_list<QWidget*>{messages_, waiting_bar_, own_bar_,
                                                        filter_bar_, canvas_, time_bar_}) {
    panels.push_back(panel);
  }
  if (compare_ != nullptr) {
    panels.push_back(compare_);
  }
  for (QDockWidget* dock : docks()) {
    if (!dock->visibleRegion().isEmpty()) {  // as it is behind another tab
      panels.push_back(dock->widget());
    }
  }
  std::erase_if(panels, [](QWidget* panel) { return !panel->isVisible() || !firstControl(panel); });
  return panels;
}

void MainWindow::movePanel(int by) {
  const std::vector<QWidget*> all = panels();
  if (all.empty()) {
    return;
  }
  const QWidget* focus = focusWidget();
  const auto now = std::find_if(all.begin(), all.end(), [focus](const QWidget* panel) {
    return focus && (panel == focus || panel->isAncestorOf(focus));
  });
  const auto count = std::ssize(all);
  const auto at = now == all.end() ? (by > 0 ? -1 : 0) : now - all.begin();
  QWidget* panel = all[static_cast<std::size_t>((at + by + count) % count)];
  QWidget* last = panel->focusWidget();  // where the keyboard was when it left
  const bool usable = last && last->isVisible() && last->isEnabled();
  (usable ? last : firstControl(panel))->setFocus(Qt::TabFocusReason);
}

void MainWindow::readAppearance() {
  if (settings_) {
    appearance_.scheme = schemeNamed(settings_->value("appearance").toString());
    appearance_.percent = nearestScale(settings_->value("scale", 100).toInt());
  }
  if (options_.appearance) {
    appearance_ = *options_.appearance;
  }
  applyAppearance(appearance_);
}

void MainWindow::setAppearance(const Appearance& appearance) {
  if (appearance == appearance_) {
    return;
  }
  const double growth = static_cast<double>(appearance.percent) / appearance_.percent;
  appearance_ = appearance;
  applyAppearance(appearance_);
  if (settings_) {
    settings_->setValue("appearance", nameOf(appearance_.scheme));
    settings_->setValue("scale", appearance_.percent);
  }
  if (growth != 1) {
    fitToScale(growth);
  }
  refreshActions();
}

void MainWindow::fitCentre() {
  const int line = fontMetrics().height();
  centre_->setMinimumSize(320, kLeastWallLines * line);
  QWidget* column = filter_bar_->parentWidget();
  // Its bars take more rows the larger the letters are. The window itself must not grow by that.
  int wanted = kCentreLines * line;
  if (filter_bar_->isOpen()) {
    wanted += filter_bar_->rowHeight();
  }
  column->setMinimumHeight(std::min(wanted, qRound(height() * kMostCentre)));
  filter_bar_->setMostHeight(filter_bar_->height() + centre_->height() - canvas_->controlsHeight() -
                             kLeastImageLines * line);
}

void MainWindow::fitToScale(double growth) {
  fitCentre();
  const int icon = style()->pixelMetric(QStyle::PM_SmallIconSize);
  for (auto* bar : findChildren<QToolBar*>()) {
    bar->setIconSize({icon, icon});
  }
  // Panels grow with what is in them, once their contents know what they need.
  QTimer::singleShot(0, this, [this, growth] {
    for (QDockWidget* dock : docks()) {
      if (!dock->isHidden() && !dock->isFloating() && !dock->visibleRegion().isEmpty()) {
        fitDock(*dock, growth);
      }
    }
  });
}

void MainWindow::fitDock(QDockWidget& dock, double growth) {
  const Qt::DockWidgetArea area = dockWidgetArea(&dock);
  const bool below = area == Qt::BottomDockWidgetArea || area == Qt::TopDockWidgetArea;
  const int now = below ? dock.height() : dock.width();
  const double most_width = area == Qt::LeftDockWidgetArea ? kMostLeft : kMostRight;
  const int most = below ? qRound(height() * kMostHeight) : qRound(width() * most_width);
  // Back from a scale at which it had no room, a panel is as large as it was before.
  double wanted = now * growth;
  if (std::abs(dock.property("fittedSize").toInt() - now) <= kAlike) {
    wanted = dock.property("wantedSize").toDouble() * growth;
  }
  const int least = below ? std::min(now, kLeastHeight) : 0;
  const int fitted = std::clamp(qRound(wanted), least, std::max(most, least));
  resizeDocks({&dock}, {fitted}, below ? Qt::Vertical : Qt::Horizontal);
  dock.setProperty("wantedSize", wanted);
  dock.setProperty("fittedSize", fitted);
}

}  // namespace limoe::gui
