// The measures of a layer as a table, with their definitions.
#pragma once

#include <QAbstractTableModel>
#include <QString>
#include <QWidget>
#include <vector>

#include "gui/inspect/specialisation.h"

class QTableView;
class QTextBrowser;

namespace limoe::gui {

class MeasureModel : public QAbstractTableModel {
  Q_OBJECT
 public:
  using QAbstractTableModel::QAbstractTableModel;

  void setMeasures(std::vector<Measure> measures);
  const std::vector<Measure>& measures() const { return measures_; }

  int rowCount(const QModelIndex& parent = {}) const override;
  int columnCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role = Qt::DisplayRole) const override;
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

 private:
  std::vector<Measure> measures_;
};

class MeasuresPanel : public QWidget {
  Q_OBJECT
 public:
  explicit MeasuresPanel(QWidget* parent = nullptr);

  void setMeasures(std::vector<Measure> measures);
  void setStale(bool stale);  ///< shown pale
  void setDefinitionsShown(bool shown);
  QTableView* table() const { return table_; }

 protected:
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void arrange();
  void fitRows();

  MeasureModel* model_;
  QTableView* table_;
  QTextBrowser* definitions_;
  bool definitions_shown_ = false;
};

/// "0.412", "31.2 %", "7.31"; "–" for NaN.
QString measureText(const Measure& measure, std::size_t column);

}  // namespace limoe::gui
