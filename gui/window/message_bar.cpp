#include "gui/window/message_bar.h"

#include <QApplication>
#include <QDialog>
#include <QEvent>
#include <QFontDatabase>
#include <QHBoxLayout>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>
#include <QVBoxLayout>

#include "gui/view/colors.h"

namespace limoe::gui {
namespace {

constexpr int kMostRows = 3;

/// One message.
class MessageRow : public QFrame {
 public:
  MessageRow(MessageBar::Kind kind, const QString& text, const QString& details, QWidget* parent)
      : QFrame(parent), kind_(kind), text_(text) {
    setObjectName("messageRow");
    setAutoFillBackground(true);
    setPalette(messagePalette(kind_));

    auto* label = new QLabel(text, this);
    label->setObjectName("messageText");
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(10, 5, 6, 5);
    layout->addWidget(new MessageSign(kind, this));
    layout->addWidget(label, 1);
    if (!details.isEmpty()) {
      auto* more = new QPushButton("Show the log…", this);
      more->setObjectName("messageDetails");
      more->setFocusPolicy(Qt::TabFocus);
      more->setToolTip("What the worker printed last");
      connect(more, &QPushButton::clicked, this, [this, details] { showDetails(details); });
      layout->addWidget(more);
    }
    auto* dismiss = new QToolButton(this);
    dismiss->setObjectName("messageDismiss");
    dismiss->setIcon(style()->standardIcon(QStyle::SP_DialogCloseButton));
    dismiss->setAutoRaise(true);
    dismiss->setToolTip("Dismiss");
    dismiss->setAccessibleName("Dismiss");
    dismiss->setFocusPolicy(Qt::TabFocus);
    connect(dismiss, &QToolButton::clicked, this, &QObject::deleteLater);
    layout->addWidget(dismiss);
  }

  const QString& text() const { return text_; }

 protected:
  void changeEvent(QEvent* event) override {
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) {
      setPalette(messagePalette(kind_));
    }
  }

 private:
  void showDetails(const QString& details) {
    auto* dialog = new QDialog(window());
    dialog->setObjectName("messageDetailsDialog");
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle("End of the worker's log");
    auto* view = new QPlainTextEdit(details, dialog);
    view->setReadOnly(true);
    view->setAccessibleName("End of the worker's log");
    view->setToolTip("What the worker printed last; select to copy");
    view->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    auto* layout = new QVBoxLayout(dialog);
    layout->addWidget(view);
    const QFontMetrics metrics(view->font());
    dialog->resize(metrics.averageCharWidth() * 100, metrics.height() * 22);
    dialog->show();
  }

  MessageBar::Kind kind_;
  QString text_;
};

}  // namespace

MessageBar::MessageBar(QWidget* parent) : QWidget(parent), rows_(new QVBoxLayout(this)) {
  setObjectName("messageBar");
  rows_->setContentsMargins(0, 0, 0, 0);
  rows_->setSpacing(1);
}

void MessageBar::post(Kind kind, const QString& text, const QString& details) {
  for (MessageRow* row : findChildren<MessageRow*>(Qt::FindDirectChildrenOnly)) {
    if (row->text() == text) {
      delete row;
    }
  }
  while (rows_->count() >= kMostRows) {
    delete rows_->itemAt(rows_->count() - 1)->widget();
  }
  rows_->insertWidget(0, new MessageRow(kind, text, details, this));
}

MessageSign::MessageSign(MessageBar::Kind kind, QWidget* parent) : QLabel(parent), kind_(kind) {
  draw();
}

void MessageSign::draw() {
  const auto sign = kind_ == MessageBar::Kind::Information ? QStyle::SP_MessageBoxInformation
                    : kind_ == MessageBar::Kind::Warning   ? QStyle::SP_MessageBoxWarning
                                                           : QStyle::SP_MessageBoxCritical;
  const int side = style()->pixelMetric(QStyle::PM_SmallIconSize) + 2;
  setPixmap(style()->standardIcon(sign).pixmap(side, side));
}

void MessageSign::changeEvent(QEvent* event) {
  QLabel::changeEvent(event);
  if (event->type() == QEvent::StyleChange) {
    draw();
  }
}

QPalette messagePalette(MessageBar::Kind kind) {
  const QColor base = QApplication::palette().color(QPalette::Window);
  const QColor tone = kind == MessageBar::Kind::Information ? QColor(66, 133, 244)
                      : kind == MessageBar::Kind::Warning   ? QColor(240, 160, 20)
                                                            : QColor(215, 60, 50);
  QPalette colors;
  colors.setColor(QPalette::Window, mixed(base, tone, 0.25));
  return colors;
}

QStringList MessageBar::texts() const {
  QStringList texts;
  for (int i = 0; i < rows_->count(); ++i) {
    texts << static_cast<MessageRow*>(rows_->itemAt(i)->widget())->text();
  }
  return texts;
}

}  // namespace limoe::gui
