#include "gui/window/dock_controls.h"

#include <QAbstractButton>
#include <QDockWidget>
#include <QString>
#include <QTabBar>

namespace limoe::gui {
namespace {

void nameButton(QWidget& owner, const char* button, const QString& name, const QString& tip) {
  if (auto* found = owner.findChild<QAbstractButton*>(button, Qt::FindDirectChildrenOnly)) {
    found->setAccessibleName(name);
    found->setToolTip(tip);
  }
}

}  // namespace

void nameDockControls(QDockWidget& dock) {
  const QString title = dock.windowTitle();
  nameButton(dock, "qt_dockwidget_closebutton", QString("Hide panel %1").arg(title),
             "Hide this panel; the menu View, Panels shows it again");
  nameButton(dock, "qt_dockwidget_floatbutton", QString("Float panel %1").arg(title),
             "A window of its own, or back into the main window");
  for (QTabBar* bar : dock.widget()->findChildren<QTabBar*>()) {
    nameTabControls(*bar);
  }
  for (QWidget* widget : dock.widget()->findChildren<QWidget*>()) {
    if (widget->inherits("QCustomPlot") && widget->accessibleName().isEmpty()) {
      widget->setAccessibleName(title);
    }
  }
}

void nameTabControls(QTabBar& bar) {
  if (bar.accessibleName().isEmpty()) {
    bar.setAccessibleName("Panels that share this place");
    bar.setToolTip("Click a panel's name, or arrows: shows that panel");
  }
  nameButton(bar, "ScrollLeftButton", "Names before", "Show the names further left");
  nameButton(bar, "ScrollRightButton", "Names after", "Show the names further right");
}

void nameBarControls(QWidget& bar) {
  for (const char* button : {"qt_toolbar_ext_button", "qt_menubar_ext_button"}) {
    nameButton(bar, button, "More of this bar", "What has no room in the bar");
  }
}

}  // namespace limoe::gui
