#include "gui/view/wrapped_tips.h"

#include <QAbstractItemView>
#include <QHelpEvent>
#include <QStringList>
#include <QTextDocument>
#include <QToolTip>
#include <algorithm>

namespace limoe::gui {
namespace {

constexpr char kOwn[] = "answersToolTips";
constexpr qsizetype kLineLetters = 72;

/// Empty where the widget decides by itself what it shows.
QString tipAt(const QWidget& widget, const QPoint& position) {
  const auto* view = qobject_cast<const QAbstractItemView*>(widget.parentWidget());
  if (view != nullptr && view->viewport() == &widget) {
    return view->indexAt(position).data(Qt::ToolTipRole).toString();
  }
  return widget.toolTip();
}

bool isTooWide(const QString& tip) {
  const QStringList lines = tip.split('\n');
  return !Qt::mightBeRichText(tip) &&
         std::any_of(lines.begin(), lines.end(),
                     [](const QString& line) { return line.size() > kLineLetters; });
}

}  // namespace

void answerToolTips(QWidget& widget) {
  widget.setProperty(kOwn, true);
}

bool WrappedTips::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::ToolTip && watched->isWidgetType() &&
      !watched->property(kOwn).toBool()) {
    auto* widget = static_cast<QWidget*>(watched);
    const auto* help = static_cast<QHelpEvent*>(event);
    const QString tip = tipAt(*widget, help->pos());
    if (isTooWide(tip)) {
      QToolTip::showText(help->globalPos(), Qt::convertFromPlainText(tip, Qt::WhiteSpaceNormal),
                         widget, {}, widget->toolTipDuration());
      return true;
    }
  }
  return QObject::eventFilter(watched, event);
}

}  // namespace limoe::gui
