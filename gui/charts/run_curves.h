// One recorded quantity of several runs over the steps: a line for each run, or, over runs that
// differ in nothing but the seed, their mean with a band of one standard deviation.
#pragma once

#include <QStringList>
#include <QWidget>
#include <memory>
#include <vector>

#include "gui/view/run_source.h"

class QCustomPlot;

namespace limoe::gui {

class RunCurves : public QWidget {
  Q_OBJECT
 public:
  struct Run {
    std::shared_ptr<const RunData> data;
    QString repeats;  ///< the same for runs that differ in nothing but the seed
  };

  explicit RunCurves(QWidget* parent = nullptr);
  ~RunCurves() override;

  /// Runs of before keep their colours while they keep their places. Zoom and choices stay.
  void setRuns(std::vector<Run> runs);

  QStringList quantities() const;  ///< that any of the runs records
  void setQuantity(const QString& name);
  QString quantity() const;
  void setMeanOverSeeds(bool mean);
  bool isMeanOverSeeds() const;
  void setSmoothing(double weight);
  /// Legend and note, for tests and screen readers.
  QString words() const;
  /// What is drawn, as a table: step, then a column for each curve (mean, deviation and n for
  /// means), of the steps that any has.
  QString asTsv() const;
  QCustomPlot* plot() const;

 protected:
  void changeEvent(QEvent* event) override;

 private:
  struct State;
  std::unique_ptr<State> view_;
};

}  // namespace limoe::gui
