#include "gui/inspect/what_if_controls.h"

#include <QButtonGroup>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPainter>
#include <QRadioButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QStyleOptionSlider>
#include <QToolButton>
#include <algorithm>
#include <array>
#include <cmath>

namespace limoe::gui {
namespace {

constexpr int kFactorSteps = 400;  ///< of the logarithmic slider
constexpr int kFactorDecimals = 3;
constexpr int kMarkHeight = 5;

int positionOf(double factor) {
  const double t = std::log(factor / WhatIfControls::kLeastFactor) /
                   std::log(WhatIfControls::kMostFactor / WhatIfControls::kLeastFactor);
  return static_cast<int>(std::lround(std::clamp(t, 0.0, 1.0) * kFactorSteps));
}

/// Rounded to what the slider can tell apart: nobody asks about 0.5177.
double factorAt(int position) {
  const double factor = WhatIfControls::kLeastFactor *
                        std::pow(WhatIfControls::kMostFactor / WhatIfControls::kLeastFactor,
                                 static_cast<double>(position) / kFactorSteps);
  const double unit = factor < 1 ? 1000 : 100;
  return std::round(factor * unit) / unit;
}

}  // namespace

/// A slider with a mark under the groove.
class MarkedSlider : public QSlider {
 public:
  explicit MarkedSlider(QWidget* parent) : QSlider(Qt::Horizontal, parent) {}

  void setMark(int position) {
    mark_ = position;
    update();
  }
  QSize sizeHint() const override { return QSlider::sizeHint() + QSize(0, kMarkHeight); }
  QSize minimumSizeHint() const override { return sizeHint().boundedTo({70, 1000}); }

 protected:
  bool event(QEvent* event) override { return keepsOwnKeys(*event) || QSlider::event(event); }

  void paintEvent(QPaintEvent* event) override {
    QSlider::paintEvent(event);
    if (mark_ < minimum() || !isEnabled()) {
      return;
    }
    QStyleOptionSlider option;
    initStyleOption(&option);
    const QRect groove =
        style()->subControlRect(QStyle::CC_Slider, &option, QStyle::SC_SliderGroove, this);
    const QRect handle =
        style()->subControlRect(QStyle::CC_Slider, &option, QStyle::SC_SliderHandle, this);
    const int x = groove.left() + handle.width() / 2 +
                  QStyle::sliderPositionFromValue(minimum(), maximum(), mark_,
                                                  groove.width() - handle.width());
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(palette().color(QPalette::WindowText));
    const double base = height();
    painter.drawPolygon(QPolygonF{{x - 4.0, base}, {x + 4.0, base}, {x + 0.0, base - 6}});
  }

 private:
  int mark_ = -1;
};

bool keepsOwnKeys(QEvent& event) {
  if (event.type() != QEvent::ShortcutOverride) {
    return false;
  }
  const auto& key = static_cast<QKeyEvent&>(event);
  static constexpr std::array kKeys = {Qt::Key_Left, Qt::Key_Right,  Qt::Key_Up,
                                       Qt::Key_Down, Qt::Key_PageUp, Qt::Key_PageDown,
                                       Qt::Key_End,  Qt::Key_Home,   Qt::Key_Space};
  const bool own = key.modifiers() == Qt::NoModifier &&
                   std::find(kKeys.begin(), kKeys.end(), key.key()) != kKeys.end();
  if (own) {
    event.accept();
  }
  return own;
}

WhatIfControls::WhatIfControls(QWidget* parent) : QWidget(parent) {
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(6);
  grid->setVerticalSpacing(3);
  grid->setColumnStretch(1, 1);
  makeFactorRow(*grid, 0);
  makeTopKRow(*grid, 1);
  makePriorityRow(*grid, 2);
  refresh();
}

QToolButton* WhatIfControls::makeBack(const char* name, const QString& what) {
  auto* button = new QToolButton(this);
  button->setObjectName(name);
  button->setAutoRaise(true);
  button->setFocusPolicy(Qt::StrongFocus);
  button->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  button->setToolTip(tr("Back to the recorded %1").arg(what));
  button->setAccessibleName(button->toolTip());
  return button;
}

void WhatIfControls::makeFactorRow(QGridLayout& grid, int row) {
  const QString tip =
      tr("Places per expert, relative to an even share: an expert takes\n"
         "max(1, ceil(K · tokens of the group · capacity factor / experts)) choices of a routing "
         "group.\nThe mark is the recorded value of this snapshot.");
  factor_slider_ = new MarkedSlider(this);
  factor_slider_->setObjectName(QStringLiteral("factorSlider"));
  factor_slider_->setRange(0, kFactorSteps);
  factor_slider_->setPageStep(40);
  factor_slider_->setSingleStep(4);
  factor_edit_ = new QDoubleSpinBox(this);
  factor_edit_->setObjectName(QStringLiteral("factorEdit"));
  factor_edit_->setDecimals(kFactorDecimals);
  factor_edit_->setRange(0.001, 1000);
  factor_edit_->setStepType(QAbstractSpinBox::AdaptiveDecimalStepType);
  factor_edit_->setKeyboardTracking(false);
  auto* label = new QLabel(tr("&Capacity factor"), this);
  label->setBuddy(factor_slider_);
  factor_back_ = makeBack("factorBack", tr("capacity factor"));
  for (QWidget* widget : std::initializer_list<QWidget*>{label, factor_slider_, factor_edit_}) {
    widget->setToolTip(tip);
    widget->setAccessibleName(tr("Capacity factor"));
  }
  grid.addWidget(label, row, 0);
  grid.addWidget(factor_slider_, row, 1);
  grid.addWidget(factor_edit_, row, 2);
  grid.addWidget(factor_back_, row, 3);
  connect(factor_slider_, &QSlider::valueChanged, this, [this](int position) {
    const bool at_mark = std::abs(position - positionOf(recorded_->capacity_factor)) <= 1;
    setFactor(at_mark ? std::nullopt : std::optional(factorAt(position)));
  });
  connect(factor_edit_, &QDoubleSpinBox::valueChanged, this,
          [this](double factor) { setFactor(factor); });
  connect(factor_back_, &QToolButton::clicked, this, [this] { setFactor(std::nullopt); });
}

void WhatIfControls::makeTopKRow(QGridLayout& grid, int row) {
  const QString tip = tr("Experts that each token asks for, its largest gates first.");
  top_k_slider_ = new MarkedSlider(this);
  top_k_slider_->setObjectName(QStringLiteral("topKSlider"));
  top_k_slider_->setPageStep(1);
  top_k_edit_ = new QSpinBox(this);
  top_k_edit_->setObjectName(QStringLiteral("topKEdit"));
  auto* label = new QLabel(tr("Experts, &K"), this);
  label->setBuddy(top_k_slider_);
  top_k_back_ = makeBack("topKBack", tr("number of experts per token"));
  for (QWidget* widget : std::initializer_list<QWidget*>{label, top_k_slider_, top_k_edit_}) {
    widget->setToolTip(tip);
    widget->setAccessibleName(tr("Experts per token, K"));
  }
  grid.addWidget(label, row, 0);
  grid.addWidget(top_k_slider_, row, 1);
  grid.addWidget(top_k_edit_, row, 2);
  grid.addWidget(top_k_back_, row, 3);
  connect(top_k_slider_, &QSlider::valueChanged, this, [this](int top_k) { setTopK(top_k); });
  connect(top_k_edit_, &QSpinBox::valueChanged, this, [this](int top_k) { setTopK(top_k); });
  connect(top_k_back_, &QToolButton::clicked, this, [this] { setTopK(recorded_->top_k); });
}

void WhatIfControls::makePriorityRow(QGridLayout& grid, int row) {
  priority_ = new QButtonGroup(this);
  auto* choices = new QHBoxLayout;
  const auto add = [&](model::Priority priority, const char* name, const QString& text,
                       const QString& tip) {
    auto* button = new QRadioButton(text, this);
    button->setObjectName(name);
    button->setToolTip(tip);
    button->setAccessibleName(tr("Priority: %1").arg(text));
    button->installEventFilter(this);
    priority_->addButton(button, static_cast<int>(priority));
    choices->addWidget(button);
  };
  add(model::Priority::Bpr, "bprButton", tr("BPR"),
      tr("Batch priority routing: tokens with the largest gate get their places first"));
  add(model::Priority::Vanilla, "vanillaButton", tr("vanilla"),
      tr("Places go in token order: the group's image tokens first, sample by sample, then its "
         "text tokens"));
  choices->addStretch();
  auto* label = new QLabel(tr("Priority"), this);
  label->setToolTip(tr("Who gets a place first where an expert has too few"));
  priority_back_ = makeBack("priorityBack", tr("priority"));
  grid.addWidget(label, row, 0);
  grid.addLayout(choices, row, 1, 1, 2);
  grid.addWidget(priority_back_, row, 3);
  connect(priority_, &QButtonGroup::idClicked, this,
          [this](int id) { setPriority(static_cast<model::Priority>(id)); });
  connect(priority_back_, &QToolButton::clicked, this,
          [this] { setPriority(recorded_->priority); });
}

bool WhatIfControls::eventFilter(QObject* watched, QEvent* event) {
  return keepsOwnKeys(*event) || QWidget::eventFilter(watched, event);
}

void WhatIfControls::setRecorded(const std::optional<RoutingRule>& recorded, int64_t experts) {
  recorded_ = recorded;
  experts_ = experts;
  refresh();
}

void WhatIfControls::setSettings(const WhatIfSettings& settings) {
  change(settings);
}

void WhatIfControls::setFactor(std::optional<double> factor) {
  // The field shows three decimals; what reads the same is the same.
  const double unit = std::pow(10, kFactorDecimals);
  if (factor && std::lround(*factor * unit) == std::lround(recorded_->capacity_factor * unit)) {
    factor.reset();
  }
  WhatIfSettings settings = settings_;
  settings.capacity_factor = factor;
  change(settings);
}

void WhatIfControls::setTopK(int64_t top_k) {
  WhatIfSettings settings = settings_;
  settings.top_k = top_k == recorded_->top_k ? std::nullopt : std::optional(top_k);
  change(settings);
}

void WhatIfControls::setPriority(model::Priority priority) {
  WhatIfSettings settings = settings_;
  settings.priority = priority == recorded_->priority ? std::nullopt : std::optional(priority);
  change(settings);
}

void WhatIfControls::change(const WhatIfSettings& settings) {
  const bool changes = settings != settings_;
  settings_ = settings;
  refresh();
  if (changes) {
    Q_EMIT changed();
  }
}

void WhatIfControls::refresh() {
  setEnabled(recorded_.has_value());
  if (!recorded_) {
    return;
  }
  const QSignalBlocker blockers[] = {QSignalBlocker(factor_slider_), QSignalBlocker(factor_edit_),
                                     QSignalBlocker(top_k_slider_), QSignalBlocker(top_k_edit_)};
  const RoutingRule rule = changedRule(*recorded_, settings_, experts_);
  factor_slider_->setMark(positionOf(recorded_->capacity_factor));
  // Under the mouse it stays where it was dragged to, though the number was rounded.
  if (!factor_slider_->isSliderDown()) {
    factor_slider_->setValue(positionOf(rule.capacity_factor));
  }
  factor_edit_->setValue(rule.capacity_factor);
  factor_back_->setText(tr("↺ %1").arg(recorded_->capacity_factor, 0, 'g', 4));
  factor_back_->setEnabled(settings_.capacity_factor.has_value());

  const auto most =
      static_cast<int>(std::max(recorded_->top_k, std::min(experts_, WhatIfSettings::kMostTopK)));
  top_k_slider_->setRange(1, most);
  top_k_edit_->setRange(1, most);
  top_k_slider_->setMark(static_cast<int>(recorded_->top_k));
  top_k_slider_->setValue(static_cast<int>(rule.top_k));
  top_k_edit_->setValue(static_cast<int>(rule.top_k));
  top_k_back_->setText(tr("↺ %1").arg(recorded_->top_k));
  top_k_back_->setEnabled(settings_.top_k.has_value());

  priority_->button(static_cast<int>(rule.priority))->setChecked(true);
  priority_back_->setText(tr("↺ %1").arg(priorityName(recorded_->priority)));
  priority_back_->setEnabled(settings_.priority.has_value());
}

}  // namespace limoe::gui
