#include "gui/window/starting_page.h"

#include <QEvent>
#include <QLabel>
#include <QProgressBar>
#include <QVBoxLayout>
#include <algorithm>

namespace limoe::gui {

StartingPage::StartingPage(QWidget* parent)
    : QWidget(parent),
      title_(new QLabel(this)),
      busy_(new QProgressBar(this)),
      now_(new QLabel(this)) {
  title_->setObjectName("startingTitle");
  now_->setObjectName("startingNow");
  fitToFont();
  now_->setWordWrap(true);
  now_->setAlignment(Qt::AlignHCenter);
  for (QLabel* label : {title_, now_}) {
    label->setTextFormat(Qt::PlainText);
  }
  busy_->setRange(0, 0);
  busy_->setTextVisible(false);
  busy_->setAccessibleName("The run is starting");
  auto* layout = new QVBoxLayout(this);
  layout->setSpacing(12);
  layout->addStretch();
  layout->addWidget(title_, 0, Qt::AlignHCenter);
  layout->addWidget(busy_, 0, Qt::AlignHCenter);
  layout->addWidget(now_, 0, Qt::AlignHCenter);
  layout->addStretch();
}

void StartingPage::fitToFont() {
  const int em = fontMetrics().height();
  busy_->setFixedSize(16 * em, std::max(em * 2 / 5, 4));
  now_->setMinimumWidth(24 * em);
  now_->setMaximumWidth(38 * em);
  QFont larger = font();
  larger.setPointSizeF(1.4 * larger.pointSizeF());
  title_->setFont(larger);
}

void StartingPage::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::FontChange) {
    fitToFont();
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
