// What the experts of a layer tell about label and modality at every recorded step.
#pragma once

#include <QWidget>
#include <cstdint>
#include <memory>
#include <vector>

#include "gui/view/decisions_stamp.h"
#include "gui/view/run_source.h"

class QCustomPlot;

namespace limoe::gui {

/// One small curve. NaN where there is no value (yet).
struct TrendPanel {
  QString title;
  std::vector<double> values;     ///< [S] fraction of what there is to know, 0 … 1
  std::vector<double> by_chance;  ///< [S] as much would be expected of independent counts
};

/// Information about the label and about the modality in one snapshot, as parts of H; appended to
/// `panels` (two, see trendPanels()).
void addTrendPoint(const probe::Layout& layout, const probe::Snapshot& summary, int64_t layer,
                   std::size_t snapshot, std::vector<TrendPanel>& panels);

/// Two panels for so many snapshots, without values.
std::vector<TrendPanel> trendPanels(std::size_t snapshots);

/// What has been read of a layer's curves so far.
struct TrendPoints {
  int64_t layer = -1;
  DecisionsStamp stamp;
  std::vector<bool> known;  ///< [S]
  std::vector<TrendPanel> panels;

  /// Takes what is at hand of layer `of_layer`, and asks for some of the rest.
  void gather(RunSource& source, const RunData& run, int64_t of_layer);
};

class LayerTrend : public QWidget {
  Q_OBJECT
 public:
  explicit LayerTrend(QWidget* parent = nullptr);
  ~LayerTrend() override;

  /// `steps` [S] of the snapshots; `shown` is the one looked at. Panels without any value say
  /// `missing` of theirs.
  void setCurves(const std::vector<int64_t>& steps, std::vector<TrendPanel> panels, int64_t shown,
                 const QStringList& missing);
  QCustomPlot* plot() const;

 Q_SIGNALS:
  void snapshotChosen(int64_t snapshot);  ///< a click: the recorded step nearest to it

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  struct State;
  std::unique_ptr<State> trend_;
};

}  // namespace limoe::gui
