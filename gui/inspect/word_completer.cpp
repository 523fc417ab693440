#include "gui/inspect/word_completer.h"

#include <QAbstractItemView>
#include <QApplication>
#include <QMouseEvent>
#include <QRegularExpression>
#include <QStringListModel>
#include <QWindow>
#include <algorithm>

namespace limoe::gui {
namespace {

/// No word is this.
const QString kNothing(QChar(0xFFFF));

bool goesOn(const QString& word, QStringView typed) {
  return word.size() > typed.size() && word.startsWith(typed, Qt::CaseInsensitive);
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

/// The longest end of the text that one of the words goes on with: "a traffic l" ends in
/// "traffic l" where “traffic light” is one of them.
qsizetype WordCompleter::typedFrom(const QString& text) const {
  static const QRegularExpression begin("(?:^|(?<=[,\\s]))[^,\\s]");
  const QStringList words = model_->stringList();
  for (auto match = begin.globalMatch(text); match.hasNext();) {
    const qsizetype from = kind_ == Words::One ? 0 : match.next().capturedStart();
    const QStringView typed = QStringView(text).mid(from);
    if (std::ranges::any_of(words, [&](const QString& word) { return goesOn(word, typed); })) {
      return from;
    }
    if (kind_ == Words::One) {
      break;
    }
  }
  return -1;
}

QStringList WordCompleter::splitPath(const QString& path) const {
  const qsizetype from = typedFrom(path);
  return {from >= 0 ? path.mid(from) : kNothing};
}

QString WordCompleter::pathFromIndex(const QModelIndex& index) const {
  const QString word = QCompleter::pathFromIndex(index);
  if (kind_ == Words::One || widget() == nullptr) {
    return word;
  }
  // Of what was typed: while the list is gone through the field already has another word of it.
  const QString typed = completionPrefix();
  return typed.left(std::max<qsizetype>(typedFrom(typed), 0)) + word;
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
