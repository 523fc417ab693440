#include "gui/charts/curve_tools.h"

#include <QComboBox>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>
#include <algorithm>
#include <cmath>

namespace limoe::gui {
namespace {

constexpr double kLargestWeight = 0.999;
constexpr double kFirstWeight = 0.9;
constexpr int kSliderEnd = 300;

// The slider moves evenly in the order of magnitude of the average's length 1 / (1 − w), 1 to 1000
// steps.
double weightOf(int slider) {
  const double weight = 1 - std::pow(10.0, -3.0 * slider / kSliderEnd);
  return std::min(std::round(weight * 1000) / 1000, kLargestWeight);
}

int sliderOf(double weight) {
  return static_cast<int>(std::lround(-std::log10(1 - weight) / 3 * kSliderEnd));
}

}  // namespace

CurveTools::CurveTools(QWidget* parent)
    : QWidget(parent),
      groups_(new QComboBox(this)),
      logarithmic_(new QToolButton(this)),
      slider_(new QSlider(Qt::Horizontal, this)),
      weight_label_(new QLabel(this)) {
  groups_->setObjectName(QStringLiteral("group"));
  groups_->setAccessibleName(tr("Curves shown"));
  groups_->setToolTip(tr("Which recorded numbers are drawn"));
  groups_->setSizeAdjustPolicy(QComboBox::AdjustToMinimumContentsLengthWithIcon);
  groups_->setMinimumContentsLength(8);
  logarithmic_->setObjectName(QStringLiteral("logarithmic"));
  logarithmic_->setText(tr("log y"));
  logarithmic_->setCheckable(true);
  logarithmic_->setAutoRaise(true);
  logarithmic_->setToolTip(tr("Logarithmic vertical axis; values that are not positive are gaps"));
  slider_->setObjectName(QStringLiteral("smoothing"));
  slider_->setAccessibleName(tr("Smoothing"));
  slider_->setRange(0, kSliderEnd);
  slider_->setToolTip(
      tr("Smoothing: weight w of a debiased exponential moving average over all\n"
         "recorded steps, about the last 1 / (1 − w) of them. 0 shows the raw\n"
         "curve alone. Held-out metrics are never smoothed."));
  auto* layout = new QHBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(groups_, 4);
  layout->addWidget(logarithmic_);
  layout->addWidget(slider_, 1);
  layout->addWidget(weight_label_);
  weight_label_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  fitToFont();
  setWeight(kFirstWeight);
  connect(groups_, &QComboBox::currentTextChanged, this, [this](const QString& name) {
    chosen_ = name;
    Q_EMIT groupChosen();
  });
  connect(logarithmic_, &QToolButton::toggled, this, [this] { Q_EMIT scaleChanged(); });
  connect(slider_, &QSlider::valueChanged, this,
          [this](int value) { takeWeight(weightOf(value)); });
}

void CurveTools::fitToFont() {
  const QFontMetrics metrics(font());
  slider_->setMinimumWidth(3 * metrics.height());
  slider_->setMaximumWidth(7 * metrics.height());
  weight_label_->setFixedWidth(metrics.horizontalAdvance("0.000") + 2);  // the slider stands still
}

void CurveTools::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::FontChange) {
    fitToFont();
  }
}

void CurveTools::offerGroups(const QStringList& names) {
  QStringList offered;
  for (int i = 0; i < groups_->count(); ++i) {
    offered << groups_->itemText(i);
  }
  if (names == offered) {
    return;
  }
  const QSignalBlocker quiet(groups_);
  groups_->clear();
  groups_->addItems(names);
  groups_->setCurrentIndex(static_cast<int>(std::max<qsizetype>(names.indexOf(chosen_), 0)));
}

int CurveTools::groupIndex() const {
  return groups_->currentIndex();
}

QString CurveTools::group() const {
  return groups_->currentText();
}

void CurveTools::setGroup(const QString& name) {
  groups_->setCurrentText(name);
}

bool CurveTools::isLogarithmic() const {
  return logarithmic_->isChecked();
}

void CurveTools::setLogarithmic(bool logarithmic) {
  logarithmic_->setChecked(logarithmic);
}

void CurveTools::setWeight(double weight) {
  const double clamped = std::clamp(weight, 0.0, kLargestWeight);
  {
    // The slider's own steps are coarser than what was asked for.
    const QSignalBlocker quiet(slider_);
    slider_->setValue(sliderOf(clamped));
  }
  takeWeight(clamped);
}

void CurveTools::takeWeight(double weight) {
  weight_ = weight;
  weight_label_->setText(QStringLiteral("%1").arg(weight, 0, 'f', 3));
  Q_EMIT weightChanged();
}

}  // namespace limoe::gui
