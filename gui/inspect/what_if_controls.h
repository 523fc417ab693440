// The sliders of the what-if view: each with a number field, the recorded value marked, and a
// button that goes back to it.
#pragma once

#include <QEvent>
#include <QWidget>
#include <optional>

#include "gui/inspect/what_if.h"

class QButtonGroup;
class QDoubleSpinBox;
class QGridLayout;
class QSpinBox;
class QToolButton;

namespace limoe::gui {

class MarkedSlider;

class WhatIfControls : public QWidget {
  Q_OBJECT
 public:
  static constexpr double kLeastFactor = 0.1, kMostFactor = 4;  ///< of the slider

  explicit WhatIfControls(QWidget* parent = nullptr);

  /// The recorded values of the snapshot looked at; empty: nothing can be asked.
  void setRecorded(const std::optional<RoutingRule>& recorded, int64_t experts);
  const WhatIfSettings& settings() const { return settings_; }
  void setSettings(const WhatIfSettings& settings);

 Q_SIGNALS:
  void changed();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void makeFactorRow(QGridLayout& grid, int row);
  void makeTopKRow(QGridLayout& grid, int row);
  void makePriorityRow(QGridLayout& grid, int row);
  QToolButton* makeBack(const char* name, const QString& what);
  void setFactor(std::optional<double> factor);
  void setTopK(int64_t top_k);
  void setPriority(model::Priority priority);
  void change(const WhatIfSettings& settings);
  void refresh();

  std::optional<RoutingRule> recorded_;
  int64_t experts_ = 0;
  WhatIfSettings settings_;
  MarkedSlider *factor_slider_ = nullptr, *top_k_slider_ = nullptr;
  QDoubleSpinBox* factor_edit_ = nullptr;
  QSpinBox* top_k_edit_ = nullptr;
  QButtonGroup* priority_ = nullptr;
  QToolButton *factor_back_ = nullptr, *top_k_back_ = nullptr, *priority_back_ = nullptr;
};

/// Keys that a widget uses itself stay its own where the window has shortcuts on them (arrows,
/// Home, End, Space): returns whether it accepted the event.
bool keepsOwnKeys(QEvent& event);

}  // namespace limoe::gui
