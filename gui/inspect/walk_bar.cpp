#include "gui/inspect/walk_bar.h"

#include <QEvent>
#include <QGridLayout>
#include <QProgressBar>
#include <QPushButton>
#include <algorithm>
#include <cmath>
#include <utility>

#include "gui/view/elided_label.h"
#include "gui/view/number_text.h"

namespace limoe::gui {

using Kind = Standing::Kind;

WalkBar::WalkBar(QWidget* parent, Look look) : QWidget(parent), look_(look) {
  setObjectName(QStringLiteral("walkBar"));
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Maximum);
  build();
  hide();
  patience_.setSingleShot(true);
  patience_.setInterval(kPatienceMs);
  connect(&patience_, &QTimer::timeout, this, [this] {
    waited_ = true;
    refresh();
  });
  connect(button_, &QPushButton::clicked, this, &WalkBar::pressed);
}

void WalkBar::build() {
  label_ = new ElidedLabel(this);
  label_->setObjectName(QStringLiteral("walkWords"));
  bar_ = new QProgressBar(this);
  bar_->setObjectName(QStringLiteral("walkProgress"));
  bar_->setRange(0, 100);
  bar_->setTextVisible(false);
  button_ = new QPushButton(this);
  button_->setObjectName(QStringLiteral("walkButton"));
  button_->setAutoDefault(false);
  button_->setSizePolicy(QSizePolicy::Maximum, QSizePolicy::Fixed);
  button_->setText(tr("Cancel"));
  button_->setAccessibleName(tr("Stop reading the probe"));
  button_->setToolTip(button_->accessibleName());
  bar_->setAccessibleName(tr("How much of the probe has been read"));
  bar_->setToolTip(bar_->accessibleName());
  auto* layout = new QGridLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setVerticalSpacing(2);
  layout->setColumnStretch(0, look_ == Look::Bare ? 0 : 1);
  layout->addWidget(label_, 0, 0);
  if (look_ == Look::Words) {
    label_->setWordWrap(true);
    layout->addWidget(bar_, 1, 0);
    layout->addWidget(button_, 0, 1, 2, 1, Qt::AlignVCenter);
  } else {
    label_->setVisible(look_ == Look::Line);
    layout->addWidget(bar_, 0, 1, Qt::AlignVCenter);
    layout->addWidget(button_, 0, 2);
  }
  fitToFont();
}

void WalkBar::fitToFont() {
  bar_->setFixedHeight(fontMetrics().height() / 2);
  if (look_ != Look::Words) {
    bar_->setFixedWidth(fontMetrics().averageCharWidth() * 10);
  }
}

void WalkBar::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::FontChange && bar_) {
    fitToFont();
  }
}

void WalkBar::follow(const QString& what, std::vector<Wait> waits) {
  for (const Wait& wait : waits) {
    if (wait.cache) {
      connect(wait.cache, &WalkCache::progressed, this, &WalkBar::refresh, Qt::UniqueConnection);
    }
  }
  what_ = what;
  waits_ = std::move(waits);
  told_.reset();
  refresh();
}

void WalkBar::tell(const QString& what, const Standing& now) {
  what_ = what;
  waits_.clear();
  told_ = now;
  refresh();
}

Standing WalkBar::standingOf(const std::vector<Wait>& waits) {
  Standing all{waits.empty() ? Kind::Unasked : Kind::Made, 0, {}};
  // What there is to say first, first.
  const auto rank = [](Kind kind) {
    switch (kind) {
      case Kind::Failed:
        return 4;
      case Kind::Stopped:
        return 3;
      case Kind::Waiting:
        return 2;
      case Kind::Unasked:
        return 1;
      case Kind::Made:
        break;
    }
    return 0;
  };
  for (const Wait& wait : waits) {
    const Standing one = wait.cache ? wait.cache->standing(wait.question) : Standing();
    all.done += one.done / static_cast<double>(waits.size());
    if (rank(one.kind) > rank(all.kind)) {
      all.kind = one.kind;
      all.failure = one.failure;
    }
  }
  return all;
}

QString WalkBar::words() const {
  const Standing now = standing();
  switch (now.kind) {
    case Kind::Waiting:
      return tr("%1: %2").arg(what_, percentText(now.done, 0));
    case Kind::Stopped:
      return tr("%1: stopped at %2").arg(what_, percentText(now.done, 0));
    case Kind::Failed:
      return tr("%1 failed: %2").arg(what_, now.failure);
    default:
      return {};
  }
}

void WalkBar::refresh() {
  const Standing now = standing();
  const bool waiting = now.kind == Kind::Waiting;
  if (!waiting) {
    patience_.stop();
    waited_ = false;
  } else if (!waited_ && !patience_.isActive()) {
    patience_.start();
  }
  const QString text = words();
  label_->setWholeText(
      QString(text).replace(QStringLiteral(" %"), QChar(0xA0) + QStringLiteral("%")));
  bar_->setValue(static_cast<int>(std::lround(now.done * 100)));
  bar_->setVisible(waiting || now.kind == Kind::Stopped);
  bar_->setEnabled(waiting);
  bar_->setAccessibleName(what_);
  bar_->setToolTip(text);
  const bool failed = now.kind == Kind::Failed;
  button_->setText(waiting ? tr("Cancel") : failed ? tr("Try again") : tr("Go on"));
  button_->setToolTip(waiting  ? tr("Stop reading the probe; it can be gone on with")
                      : failed ? tr("Read the probe once more")
                               : tr("Go on reading where it was stopped"));
  button_->setAccessibleName(QStringLiteral("%1 (%2)").arg(button_->text(), what_));
  setVisible((waiting && waited_) || now.kind == Kind::Stopped || failed);
}

void WalkBar::pressed() {
  const Kind kind = standing().kind;
  if (told_) {
    return kind == Kind::Waiting ? Q_EMIT stopAsked() : Q_EMIT goOnAsked();
  }
  // Told of one, the view may follow something else.
  const std::vector<Wait> waits = waits_;
  for (const Wait& wait : waits) {
    const Kind one = wait.cache ? wait.cache->standing(wait.question).kind : Kind::Made;
    if (kind == Kind::Waiting && one == Kind::Waiting) {
      wait.cache->stop(wait.question);
    } else if (kind != Kind::Waiting && (one == Kind::Stopped || one == Kind::Failed)) {
      wait.cache->goOn(wait.question);
    }
  }
}

}  // namespace limoe::gui
