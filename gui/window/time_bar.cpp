#include "gui/window/time_bar.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSignalBlocker>
#include <QSlider>
#include <QSpinBox>
#include <QStyle>
#include <QToolButton>
#include <algorithm>
#include <cstdlib>
#include <limits>

namespace limoe::gui {
namespace {

constexpr int kPlayMs = 250;  // four snapshots a second: slow enough to see what moves

QToolButton* makeButton(const char* name, const QString& tip, QWidget* parent) {
  auto* button = new QToolButton(parent);
  button->setObjectName(name);
  button->setToolTip(tip);
  button->setAccessibleName(tip);
  button->setAutoRaise(true);
  button->setFocusPolicy(Qt::TabFocus);
  return button;
}

}  // namespace

TimeBar::TimeBar(ViewState& state, QWidget* parent)
    : QWidget(parent),
      state_(state),
      slider_(new QSlider(Qt::Horizontal, this)),
      step_(new QSpinBox(this)),
      newest_(new QLabel(this)),
      play_(makeButton("playButton", "Play through the recorded steps (Space)", this)),
      follow_(makeButton("followButton", "Always show the newest step (End)", this)) {
  setObjectName("timeBar");
  slider_->setObjectName("timeSlider");
  slider_->setToolTip("Recorded steps: drag, or press ← and →");
  slider_->setAccessibleName("Recorded step");
  slider_->setPageStep(10);
  step_->setObjectName("stepEdit");
  step_->setToolTip("Go to the recorded step nearest to this number");
  step_->setAccessibleName("Step");
  step_->setKeyboardTracking(false);
  step_->setButtonSymbols(QAbstractSpinBox::NoButtons);
  step_->setAlignment(Qt::AlignRight);
  step_->setRange(0, std::numeric_limits<int>::max());
  newest_->setObjectName("newestLabel");
  follow_->setText("Newest");
  follow_->setAutoRaise(false);  // pressed or not must be plain to see
  follow_->setCheckable(true);

  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(8, 4, 8, 4);
  layout->addWidget(play_);
  layout->addWidget(slider_, 1);
  layout->addWidget(new QLabel("Step", this));
  layout->addWidget(step_);
  layout->addWidget(newest_);
  layout->addWidget(follow_);

  connect(slider_, &QSlider::valueChanged, this, [this](int value) { state_.setSnapshot(value); });
  connect(step_, &QSpinBox::valueChanged, this, &TimeBar::showStep);
  // Back to the window's keys: digits choose experts again.
  connect(step_, &QSpinBox::editingFinished, step_, &QWidget::clearFocus);
  connect(play_, &QToolButton::clicked, this, &TimeBar::togglePlay);
  connect(follow_, &QToolButton::clicked, this, [this](bool follow) {
    if (follow) {
      followNewest();
    } else {
      state_.setFollowsNewest(false);
    }
  });
  connect(&play_timer_, &QTimer::timeout, this, &TimeBar::advance);
  connect(&state_, &ViewState::changed, this, &TimeBar::refresh);
  fitToFont();
  refresh();
}

void TimeBar::fitToFont() {
  step_->setFixedWidth(fontMetrics().horizontalAdvance("00000000") + 12);
  const int icon = style()->pixelMetric(QStyle::PM_SmallIconSize);
  play_->setIconSize({icon, icon});
}

void TimeBar::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange) {
    fitToFont();
  }
}

void TimeBar::setSource(RunSource* source) {
  if (source_) {
    source_->disconnect(this);
  }
  play_timer_.stop();
  source_ = source;
  if (source_) {
    connect(source_, &RunSource::dataChanged, this, &TimeBar::refresh);
  }
  refresh();
}

int64_t TimeBar::snapshots() const {
  return source_ && source_->data() ? static_cast<int64_t>(source_->data()->snapshot_steps.size())
                                    : 0;
}

void TimeBar::stepBy(int by) {
  const int64_t last = snapshots() - 1;
  if (last >= 0) {
    state_.setSnapshot(std::clamp<int64_t>(state_.snapshot() + by, 0, last));
  }
}

void TimeBar::togglePlay() {
  if (play_timer_.isActive()) {
    play_timer_.stop();
  } else if (snapshots() > 1) {
    if (state_.snapshot() >= snapshots() - 1) {
      state_.setSnapshot(0);
    }
    play_timer_.start(kPlayMs);
  }
  refresh();
}

void TimeBar::followNewest() {
  play_timer_.stop();
  state_.setFollowsNewest(true);
  state_.showNewest(snapshots());
  refresh();
}

void TimeBar::advance() {
  if (state_.snapshot() >= snapshots() - 1) {
    play_timer_.stop();
    refresh();
  } else {
    state_.setSnapshot(state_.snapshot() + 1);
  }
}

void TimeBar::showStep(int step) {
  if (snapshots() == 0) {
    return;
  }
  const auto& steps = source_->data()->snapshot_steps;
  const auto nearest = std::min_element(steps.begin(), steps.end(), [step](auto a, auto b) {
    return std::abs(a - step) < std::abs(b - step);
  });
  state_.setSnapshot(nearest - steps.begin());
  step_->findChild<QLineEdit*>()->setModified(false);
  refresh();  // the number asked for may lie between two recorded steps
}

void TimeBar::refresh() {
  const QSignalBlocker no_slider_signal(slider_);
  const QSignalBlocker no_step_signal(step_);
  const int64_t count = snapshots();
  const bool any = count > 0;
  for (QWidget* widget : std::initializer_list<QWidget*>{slider_, step_, play_, follow_}) {
    widget->setEnabled(any);
  }
  slider_->setRange(0, static_cast<int>(std::max<int64_t>(count - 1, 0)));
  slider_->setValue(static_cast<int>(std::max<int64_t>(state_.snapshot(), 0)));
  const bool known = state_.snapshot() >= 0 && state_.snapshot() < count;
  if (any) {
    const auto& steps = source_->data()->snapshot_steps;
    // A number that is being typed stays, though the run goes on.
    const bool being_typed = step_->hasFocus() && step_->findChild<QLineEdit*>()->isModified();
    if (known && !being_typed) {
      step_->setValue(static_cast<int>(steps[static_cast<std::size_t>(state_.snapshot())]));
    }
    newest_->setText(QString("of %1").arg(steps.back()));
  } else {
    step_->setValue(0);
    newest_->setText("of 0");
  }
  follow_->setChecked(any && state_.followsNewest());
  play_->setIcon(
      style()->standardIcon(play_timer_.isActive() ? QStyle::SP_MediaPause : QStyle::SP_MediaPlay));
}

}  // namespace limoe::gui
