#include "gui/inspect/word_completer.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QLineEdit>
#include <QMouseEvent>
#include <QRegularExpression>
#include <QStringListModel>
#include <QWindow>
#include <algorithm>

namespace limoe::gui {
namespace {

/// No word is this.
const QString kNothing(QChar(0xFFFF));

/// Where the word that is being typed begins.
qsizetype lastWord(const QString& text) {
  static const QRegularExpression end("[,\\s][^,\\s]*$");
  return text.lastIndexOf(end) + 1;
}

}  // namespace

WordCompleter::WordCompleter(Words words, QObject* parent)
    : QCompleter(parent), kind_(words), model_(new QStringListModel(this)) {
  setModel(model_);
  setCaseSensitivity(Qt::CaseInsensitive);
}

void WordCompleter::setWords(const QStringList& words) {
  if (words != model_->stringList()) {
    model_->setStringList(words);
  }
}

QStringList WordCompleter::splitPath(const QString& path) const {
  const QString word = kind_ == Words::Several ? path.mid(lastWord(path)) : path;
  const QStringList words = model_->stringList();
  bool more = false;
  for (auto at = words.begin(); at != words.end() && !more; ++at) {
    more = at->size() > word.size() && at->startsWith(word, Qt::CaseInsensitive);
  }
  return {more && !word.isEmpty() ? word : kNothing};
}

QString WordCompleter::pathFromIndex(const QModelIndex& index) const {
  const QString word = QCompleter::pathFromIndex(index);
  const auto* field = qobject_cast<const QLineEdit*>(widget());
  if (kind_ == Words::One || field == nullptr) {
    return word;
  }
  // While the list is gone through the field already has the word before; that one is replaced.
  return field->text().left(lastWord(field->text())) + word;
}

bool WordCompleter::eventFilter(QObject* watched, QEvent* event) {
  // The type first: popup() makes the list, and that sends events here.
  if (event->type() != QEvent::MouseButtonPress || watched != popup()) {
    return QCompleter::eventFilter(watched, event);
  }
  auto* list = popup();
  const auto* press = static_cast<QMouseEvent*>(event);
  const QPoint at = press->globalPosition().toPoint();
  if (list->rect().contains(list->mapFromGlobal(at))) {
    return QCompleter::eventFilter(watched, event);
  }
  list->hide();
  QWidget* window = widget() ? widget()->window() : nullptr;
  if (window && window->windowHandle() && window->frameGeometry().contains(at)) {
    // To the window and not to a widget, so that the release that follows finds the same one.
    const QPointF inside = window->mapFromGlobal(press->globalPosition());
    QMouseEvent again(QEvent::MouseButtonPress, inside, inside, press->globalPosition(),
                      press->button(), press->buttons(), press->modifiers());
    QCoreApplication::sendEvent(window->windowHandle(), &again);
  }
  return true;
}

}  // namespace limoe::gui
