#include "gui/compare/compare_tools.h"

#include <QComboBox>
#include <QLabel>
#include <QSignalBlocker>
#include <QSlider>
#include <QToolButton>
#include <algorithm>
#include <cmath>
#include <utility>

#include "gui/charts/expert_counts.h"
#include "gui/compare/compare_canvas.h"
#include "gui/window/flow_layout.h"

namespace limoe::gui {
namespace {

/// Last of the colourings: of the comparison, not of the view's state.
constexpr int kDisagreement = 100;

const std::vector<std::pair<OverlayColor, const char*>> kColors = {
    {OverlayColor::FirstChoice, "First choice"},
    {OverlayColor::SecondChoice, "Second choice"},
    {OverlayColor::Gate, "Gate"},
    {OverlayColor::Margin, "Margin"},
    {OverlayColor::Flips, "Flips"}};

}  // namespace

CompareTools::CompareTools(CompareRuns& runs, ViewState& shared, QWidget* parent)
    : QWidget(parent),
      runs_(runs),
      shared_(shared),
      layer_(new QComboBox(this)),
      style_(new QComboBox(this)),
      color_(new QComboBox(this)),
      overlay_(new QToolButton(this)),
      opacity_(new QSlider(Qt::Horizontal, this)),
      legend_(new QLabel(this)) {
  setObjectName("compareTools");
  auto* layout = new FlowLayout(this);
  layout->setContentsMargins(6, 4, 6, 4);
  layout->setSpacing(6);
  makeLayer();
  makeOverlay();
  makeColor();
  makeButtons();
  refresh();
}

QLabel* CompareTools::label(const QString& text) {
  auto* label = new QLabel(text, this);
  label->setForegroundRole(QPalette::PlaceholderText);
  layout()->addWidget(label);
  return label;
}

void CompareTools::makeLayer() {
  label(tr("Layer"));
  layer_->setObjectName("compareLayers");
  layer_->setAccessibleName(tr("MoE layer of the reference"));
  layer_->setSizeAdjustPolicy(QComboBox::AdjustToContents);
  layer_->setToolTip(tr("MoE layer of all columns ([ and ])"));
  layout()->addWidget(layer_);
  connect(layer_, &QComboBox::activated, this, [this](int layer) { shared_.setLayer(layer); });
}

void CompareTools::makeOverlay() {
  overlay_->setObjectName("compareOverlay");
  overlay_->setText(tr("Overlay"));
  overlay_->setCheckable(true);
  overlay_->setToolTip(tr("Show which expert takes each patch and word, or the bare images (O)"));
  overlay_->setFocusPolicy(Qt::TabFocus);
  opacity_->setObjectName("compareOpacity");
  opacity_->setAccessibleName(tr("Opacity of the overlay"));
  opacity_->setToolTip(opacity_->accessibleName());
  opacity_->setRange(0, 100);
  opacity_->setFixedWidth(fontMetrics().averageCharWidth() * 14);
  style_->setObjectName("compareStyle");
  style_->setAccessibleName(tr("How the overlay is drawn"));
  style_->setToolTip(
      tr("Fill: tint each patch. Outline: a line around each region. Number: the "
         "expert’s own number, or the value"));
  style_->addItems({tr("Fill"), tr("Outline"), tr("Number")});
  for (QWidget* widget : std::initializer_list<QWidget*>{overlay_, opacity_, style_}) {
    layout()->addWidget(widget);
  }
  connect(overlay_, &QToolButton::toggled, this,
          [this](bool visible) { shared_.setOverlayVisible(visible); });
  connect(opacity_, &QSlider::valueChanged, this,
          [this](int percent) { shared_.setOpacity(percent / 100.0); });
  connect(style_, &QComboBox::activated, this,
          [this](int style) { shared_.setOverlayStyle(static_cast<OverlayStyle>(style)); });
}

void CompareTools::makeColor() {
  label(tr("Colour"));
  color_->setObjectName("compareColor");
  color_->setAccessibleName(tr("What the colours tell"));
  color_->setToolTip(
      tr("Experts: matched ones have the reference’s colour. Disagreement: where runs send a patch "
         "to another expert than the reference does"));
  legend_->setObjectName("compareLegend");
  legend_->setTextFormat(Qt::RichText);
  layout()->addWidget(color_);
  layout()->addWidget(legend_);
  connect(color_, &QComboBox::activated, this, [this] {
    const int chosen = color_->currentData().toInt();
    runs_.setShowsDisagreement(chosen == kDisagreement);
    if (chosen != kDisagreement) {
      shared_.setOverlayColor(static_cast<OverlayColor>(chosen));
    }
    refresh();
  });
}

void CompareTools::makeButtons() {
  const auto add = [this](const char* name, const QString& text, const QString& tip,
                          void (CompareTools::*signal)()) {
    auto* button = new QToolButton(this);
    button->setObjectName(name);
    button->setText(text);
    button->setToolTip(tip);
    button->setFocusPolicy(Qt::TabFocus);
    layout()->addWidget(button);
    connect(button, &QToolButton::clicked, this, signal);
  };
  add("compareFit", tr("Fit"), tr("Show all images in every column (F, or double-click)"),
      &CompareTools::fitAsked);
  add("compareRuns", tr("Runs…"), tr("Compare other runs, or with another reference"),
      &CompareTools::runsAsked);
  add("compareClose", tr("Back to the wall"), tr("Leave the comparison (C, or Esc)"),
      &CompareTools::closeAsked);
}

void CompareTools::fillLayers() {
  const CompareColumn* reference = runs_.reference();
  const int64_t layers = reference ? reference->layers() : 0;
  layer_->setEnabled(layers > 0);
  const QSignalBlocker quiet(layer_);
  QStringList names;
  for (int64_t layer = 0; layer < layers; ++layer) {
    names << layerTitle(*reference->data(), layer);
  }
  if (names.isEmpty()) {
    names << tr("none");
  }
  QStringList shown;
  for (int i = 0; i < layer_->count(); ++i) {
    shown << layer_->itemText(i);
  }
  if (names != shown) {
    layer_->clear();
    layer_->addItems(names);
  }
  layer_->setCurrentIndex(static_cast<int>(reference ? reference->layer() : 0));
}

void CompareTools::fillColors() {
  const auto run = runs_.reference() ? runs_.reference()->data() : nullptr;
  const bool second = run && run->layout.top_k > 1;
  if (color_->count() > 0 &&
      (color_->findData(static_cast<int>(OverlayColor::SecondChoice)) >= 0) == second) {
    return;
  }
  const QSignalBlocker quiet(color_);
  color_->clear();
  for (const auto& [color, name] : kColors) {
    if (second || color != OverlayColor::SecondChoice) {
      color_->addItem(tr(name), static_cast<int>(color));
    }
  }
  color_->addItem(tr("Disagreement"), kDisagreement);
}

void CompareTools::refresh() {
  fillLayers();
  fillColors();
  const QSignalBlocker quiet_overlay(overlay_);
  const QSignalBlocker quiet_opacity(opacity_);
  overlay_->setChecked(shared_.overlayVisible());
  opacity_->setValue(static_cast<int>(std::lround(shared_.opacity() * 100)));
  style_->setCurrentIndex(static_cast<int>(shared_.overlayStyle()));
  const bool map = runs_.showsDisagreement();
  color_->setCurrentIndex(std::max(
      0, color_->findData(map ? kDisagreement : static_cast<int>(shared_.overlayColor()))));
  legend_->setVisible(map);
  legend_->setText(
      tr("<span style='color:%1'>■</span> another expert than in the reference · pale: "
         "the matched one · grey: dropped by one of them")
          .arg(CompareCanvas::differsColor().name()));
}

}  // namespace limoe::gui
