#include "gui/window/starting_page.h"

#include <QEvent>
#include <QLabel>
#include <QProgressBar>
#include <QVBoxLayout>

namespace limoe::gui {

StartingPage::StartingPage(QWidget* parent)
    : QWidget(parent), title_(new QLabel(this)), now_(new QLabel(this)) {
  title_->setObjectName("startingTitle");
  now_->setObjectName("startingNow");
  enlargeTitle();
  now_->setWordWrap(true);
  now_->setMaximumWidth(560);
  now_->setMinimumWidth(360);
  now_->setAlignment(Qt::AlignHCenter);
  for (QLabel* label : {title_, now_}) {
    label->setTextFormat(Qt::PlainText);
  }
  auto* busy = new QProgressBar(this);
  busy->setRange(0, 0);
  busy->setTextVisible(false);
  busy->setFixedSize(240, 6);
  busy->setAccessibleName("The run is starting");
  auto* layout = new QVBoxLayout(this);
  layout->setSpacing(12);
  layout->addStretch();
  layout->addWidget(title_, 0, Qt::AlignHCenter);
  layout->addWidget(busy, 0, Qt::AlignHCenter);
  layout->addWidget(now_, 0, Qt::AlignHCenter);
  layout->addStretch();
}

void StartingPage::enlargeTitle() {
  QFont larger = font();
  larger.setPointSizeF(1.4 * larger.pointSizeF());
  title_->setFont(larger);
}

void StartingPage::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::FontChange) {
    enlargeTitle();
  }
}

void StartingPage::describe(const QString& run, const QString& log) {
  title_->setText(QString("Run %1 is starting").arg(run));
  const QString last = log.section('\n', -1).trimmed();
  now_->setText(last.isEmpty() ? QString("The worker has been started and prepares its data. The "
                                         "recording appears with its first steps.")
                               : last);
}

}  // namespace limoe::gui
