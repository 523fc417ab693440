#include "gui/window/focus_keys.h"

#include <QAbstractButton>
#include <QAbstractItemModel>
#include <QAbstractScrollArea>
#include <QComboBox>
#include <QKeyEvent>
#include <QScrollBar>
#include <QSlider>
#include <QTabBar>
#include <QTreeView>

namespace limoe::gui {
namespace {

/// Where more is offered than a glance takes in, entries are found by their letters.
constexpr int kGlance = 12;

bool folds(const QTreeView& tree, int key) {
  const QModelIndex line = tree.currentIndex();
  return key == Qt::Key_Left ? tree.isExpanded(line) || line.parent().isValid()
                             : tree.model()->hasChildren(line);
}

}  // namespace

bool isKeyOf(const QWidget& control, const QKeyEvent& key) {
  if ((key.modifiers() & ~Qt::KeypadModifier) != Qt::NoModifier) {
    return false;
  }
  if (const auto* list = qobject_cast<const QComboBox*>(&control);
      list && list->count() > kGlance && !key.text().isEmpty() && key.text().at(0).isLetter()) {
    return true;
  }
  const bool is_slider = qobject_cast<const QSlider*>(&control) != nullptr;
  switch (key.key()) {
    case Qt::Key_Space:
      return qobject_cast<const QAbstractButton*>(&control) != nullptr ||
             qobject_cast<const QComboBox*>(&control) != nullptr;
    case Qt::Key_Left:
    case Qt::Key_Right:
      if (const auto* tree = qobject_cast<const QTreeView*>(&control)) {
        return folds(*tree, key.key());
      }
      return is_slider || qobject_cast<const QTabBar*>(&control) != nullptr;
    case Qt::Key_End:  // of the time slider, the window's does more: it follows the newest step
      return is_slider && control.objectName() != "timeSlider";
    case Qt::Key_PageUp:
    case Qt::Key_PageDown:
      if (const auto* area = qobject_cast<const QAbstractScrollArea*>(&control)) {
        return area->verticalScrollBar()->maximum() > area->verticalScrollBar()->minimum();
      }
      return is_slider;
    default:
      return false;
  }
}

}  // namespace limoe::gui
